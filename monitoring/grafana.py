"""The panels as a dashboard of Grafana's, which `monitoring/grafana.json` holds: import that file."""

import sys
from pathlib import Path
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common, dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos

from monitoring.panel import Panel
from monitoring.panels import PANELS

DASHBOARD = Path(__file__).with_name("grafana.json")
_SOURCE = DataSourceRef(type_val="prometheus", uid="$source")
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2  # of 24 units


def text() -> str:
    """The dashboard, as Grafana imports it: the same bytes each time."""
    made = (
        dashboard.Dashboard("Model delivery")
        .uid("model-delivery")
        .description("Versions of a model: who gets the traffic, how it is answered, who decided")
        .tags(["model-delivery"])
        .refresh("1m")
        .time("now-6h", "now")
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    for name in ("model", "environment"):
        made = made.with_variable(
            dashboard.QueryVariable(name)
            .label(name)
            .query(f"label_values(delivery_up, {name})")
            .datasource(_SOURCE)
            .multi(multi=True)
            .include_all(include_all=True)
        )
    for at, panel in enumerate(PANELS):
        place = GridPos(x=at % _COLUMNS * _WIDTH, y=at // _COLUMNS * _HEIGHT, w=_WIDTH, h=_HEIGHT)
        made = made.with_panel(_drawn(panel).id(at + 1).grid_pos(place))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _drawn(panel: Panel) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    drawn = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.describes)
        .unit(panel.unit)
        .datasource(_SOURCE)
        .legend(legend.show_legend(show_legend=True))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if not panel.signed:
        drawn = drawn.min(0)
    for letter, (expression, words) in zip(ascii_uppercase, panel.expressions, strict=False):
        drawn = drawn.with_target(prometheus.Dataquery().ref_id(letter).expr(expression).legend_format(words))
    return drawn


def main() -> int:
    """Write grafana.json again; returns the exit status."""
    DASHBOARD.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
