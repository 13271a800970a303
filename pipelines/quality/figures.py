"""A report's figures for CloudWatch, where alarms and dashboards find them.

Under the moment in which they are put: CloudWatch takes none that is two weeks old, and labels are often later.
"""

from typing import Any

from pipelines.quality.report import Report

NAMESPACE = "ModelDelivery/Quality"


def figures(report: Report, endpoint: str) -> dict[str, Any]:
    """The request of PutMetricData. Where there are too few cases, nothing is said of the quality: a missing value is never a zero.

    Args:
        report: of a window.
        endpoint: SageMaker's name of it.
    """
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "Version", "Value": report.version}]
    joined = report.joined
    counts = {
        "LabelledCases": joined.cases,
        "PredictionsWithoutLabel": joined.unlabelled,
        "LabelsWithoutPrediction": joined.unanswered,
        "Contradictions": joined.contradicting_predictions + joined.contradicting_labels,
        "UnreadableInvocations": joined.unreadable,
    }
    values = {name: metric.measured.value for name, metric in report.overall.metrics.items()}
    if report.verdict != "too-few":
        counts["Worse"] = int(report.verdict == "worse")
        counts["WorseSlices"] = len(report.worse)
    return {
        "Namespace": NAMESPACE,
        "MetricData": [
            {"MetricName": name, "Dimensions": dimensions, "Value": float(value), "Unit": unit}
            for unit, numbers in (("Count", counts), ("None", values))
            for name, value in numbers.items()
        ],
    }
