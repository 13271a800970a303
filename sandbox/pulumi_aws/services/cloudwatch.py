# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""CloudWatch: metric alarms, dashboards."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, blocks, document, flag, integer, mapping, number, text, texts
from sandbox.pulumi_aws.shape import from_api, tag_list, tag_map, to_api

_COMPARISONS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")


class MetricAlarm(Kind):
    pulumi_type = "aws:cloudwatch/metricAlarm:MetricAlarm"
    properties = {
        "name": text(replaces=True, computed=True, api="AlarmName"),
        "alarmDescription": text(),
        "actionsEnabled": flag(default=True),
        "alarmActions": texts(unordered=True),
        "okActions": texts(unordered=True, api="OKActions"),
        "insufficientDataActions": texts(unordered=True),
        "comparisonOperator": text(one_of=_COMPARISONS),
        "evaluationPeriods": integer(),
        "datapointsToAlarm": integer(),
        "threshold": number(),
        "treatMissingData": text(
            default="missing", one_of=("missing", "ignore", "breaching", "notBreaching")
        ),
        "namespace": text(),
        "metricName": text(),
        "statistic": text(one_of=_STATISTICS),
        "extendedStatistic": text(),
        "evaluateLowSampleCountPercentiles": text(
            computed=True, one_of=("evaluate", "ignore"), api="EvaluateLowSampleCountPercentile"
        ),
        "period": integer(),
        "unit": text(),
        "dimensions": mapping(),
        "metricQueries": blocks(
            {
                "id": text(required=True),
                "accountId": text(),
                "expression": text(),
                "label": text(),
                "period": integer(),
                "returnData": flag(default=False),
                "metric": block(
                    {
                        "metricName": text(required=True),
                        "namespace": text(),
                        "period": integer(required=True),
                        "stat": text(required=True),
                        "unit": text(),
                        "dimensions": mapping(),
                    }
                ),
            },
            unordered=True,
        ),
        "arn": text(output=True, api="AlarmArn"),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 255)
    gone = ("ResourceNotFound",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        self._put(place, inputs, inputs.get("tags") or {})
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        response = place("cloudwatch", "describe_alarms", AlarmNames=[id_], AlarmTypes=["MetricAlarm"])
        if not response["MetricAlarms"]:
            return None
        alarm = response["MetricAlarms"][0]
        return {
            **from_api(_without_shapes_of_its_own(self.properties), alarm),
            "dimensions": _mapped(alarm.get("Dimensions", ())),
            "metricQueries": [_query_received(query) for query in alarm.get("Metrics", ())],
            "tags": tag_map(
                place("cloudwatch", "list_tags_for_resource", ResourceARN=alarm["AlarmArn"])["Tags"]
            ),
        }

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._put(place, inputs, {})

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("cloudwatch", "tag_resource", ResourceARN=outputs["arn"], Tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("cloudwatch", "untag_resource", ResourceARN=outputs["arn"], TagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("cloudwatch", "delete_alarms", AlarmNames=[id_])

    def _put(self, place: Place, inputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        sent = to_api(_without_shapes_of_its_own(self.properties), inputs)
        if inputs.get("dimensions"):
            sent["Dimensions"] = _listed(inputs["dimensions"])
        if inputs.get("metricQueries"):
            sent["Metrics"] = [_query_sent(query) for query in inputs["metricQueries"]]
        if tags:
            sent["Tags"] = tag_list(tags)
        place("cloudwatch", "put_metric_alarm", **sent)


def _without_shapes_of_its_own(table: Mapping[str, Any]) -> dict[str, Any]:
    own = {"dimensions", "metricQueries", "tags", "tagsAll", "region"}
    return {name: spec for name, spec in table.items() if name not in own}


def _query_sent(query: Mapping[str, Any]) -> dict[str, Any]:
    inner = MetricAlarm.properties["metricQueries"].inner
    sent = to_api({name: spec for name, spec in inner.items() if name != "metric"}, query)
    sent.setdefault("ReturnData", False)  # CloudWatch's own default is true
    metric = query.get("metric")
    if metric:
        sent["MetricStat"] = {
            "Metric": {
                "MetricName": metric["metricName"],
                "Dimensions": _listed(metric.get("dimensions") or {}),
                **({"Namespace": metric["namespace"]} if metric.get("namespace") else {}),
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
            **({"Unit": metric["unit"]} if metric.get("unit") else {}),
        }
    return sent


def _query_received(query: Mapping[str, Any]) -> dict[str, Any]:
    inner = MetricAlarm.properties["metricQueries"].inner
    received = from_api({name: spec for name, spec in inner.items() if name != "metric"}, query)
    stat = query.get("MetricStat")
    if stat:
        named = {name: spec for name, spec in inner["metric"].inner.items() if name != "dimensions"}
        received["metric"] = {
            **from_api(named, {**stat["Metric"], **stat}),
            "dimensions": _mapped(stat["Metric"].get("Dimensions", ())),
        }
    return received


def _listed(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def _mapped(dimensions: Any) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in dimensions}


class Dashboard(Kind):
    """It has no tags in pulumi-aws, and a name that the program gives it."""

    pulumi_type = "aws:cloudwatch/dashboard:Dashboard"
    properties = {
        "dashboardName": text(required=True, replaces=True),
        "dashboardBody": document(required=True),
        "dashboardArn": text(output=True),
        **REGION,
    }
    gone = ("ResourceNotFound",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        self._put(place, inputs)
        return str(inputs["dashboardName"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        return from_api(self.properties, place("cloudwatch", "get_dashboard", DashboardName=id_))

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._put(place, inputs)

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("cloudwatch", "delete_dashboards", DashboardNames=[id_])

    def _put(self, place: Place, inputs: Mapping[str, Any]) -> None:
        place(
            "cloudwatch",
            "put_dashboard",
            DashboardName=inputs["dashboardName"],
            DashboardBody=inputs["dashboardBody"],
        )


KINDS: tuple[Kind, ...] = (MetricAlarm(), Dashboard())
