"""Tell an SNS topic a sentence."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_SUBJECT = 100  # characters that SNS takes


def tell(sns: Any, topic: str, subject: str, sentence: str) -> str:
    """Why the topic was not told; "" where it was, or none is to be.

    Args:
        sns: a client; None where nobody is told.
        topic: its ARN.
        subject: cut to what SNS takes.
        sentence: the message.
    """
    if sns is None:
        return ""
    try:
        sns.publish(TopicArn=topic, Subject=subject[:_SUBJECT], Message=sentence)
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return ""
