"""IAM: who may make which call. Deny by default, an explicit Deny wins, and what cannot be judged is refused by name.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""
