"""What is drawn of an endpoint in CloudWatch: one dashboard, of the same table of panels as Grafana's."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.alarms import Watched
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import parse_version
from monitoring.dashboard import Scope, body


class MonitoringArgs(TypedDict):
    """What a dashboard shows.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        endpoint: SageMaker's name of the endpoint, and the dashboard's.
        alarms: names of each version's alarms, by version in the fleet's order.
        trains: whether models are trained in the account.
    """

    account: str
    region: str
    endpoint: str
    alarms: Mapping[str, Watched]
    trains: bool


class Monitoring(pulumi.ComponentResource):
    """The dashboard of one model in one environment.

    Attributes:
        dashboard: CloudWatch's name of it.
    """

    dashboard: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:Monitoring", name, None, opts)
        names = [
            alarm for watched in args["alarms"].values() for alarm in (watched["errors"], watched["latency"])
        ]
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=args["endpoint"],
            dashboard_body=pulumi.Output.all(*names).apply(lambda alarms: _body(args, alarms)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.dashboard = dashboard.dashboard_name
        self.register_outputs({"dashboard": self.dashboard})


def _body(args: MonitoringArgs, alarms: list[str]) -> str:
    prefix = f"arn:aws:cloudwatch:{args['region']}:{args['account']}:alarm:"
    return body(
        Scope(
            endpoint=args["endpoint"],
            region=args["region"],
            variants=[variant_name(parse_version(version)) for version in args["alarms"]],
            alarms=[f"{prefix}{alarm}" for alarm in alarms],
            trains=args["trains"],
        )
    )
