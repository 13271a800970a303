"""Builds in memory."""

from modeldelivery.release.core.builds import assemble


class FakeBuilds:
    """Answers in turn, the last again and again; an error is raised, and None is no pipeline.

    An answer is a list of executions, the newest first, each with its actions.
    """

    def __init__(self, *answers):
        self.answers = list(answers) or [[]]

    def newest(self, count):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            return None
        return assemble(
            [one for one, _ in answer][:count], [each for _, actions in answer for each in actions]
        )
