"""Panels of what only a scrape of the model server tells: where SageMaker hosts it there is none, and they are empty."""

from monitoring.panel import BY, PLACE, Panel, by_server


def _of_server(values: str, by: str = "", over: str = "sum") -> str:
    """Series that the model server itself has, by its version."""
    return f"{over} by ({BY}{by}) ({by_server(values)})"


def _quantile(share: float, histogram: str) -> tuple[str, str]:
    buckets = _of_server(f"rate({histogram}_bucket{{{PLACE}}}[5m])", ", le")
    return f"histogram_quantile({share}, {buckets})", f"{{{{environment}}}} {{{{version}}}} {share:.0%}"


def _counted(counter: str, label: str, words: str) -> tuple[str, str]:
    rate = _of_server(f"rate({counter}{{{PLACE}}}[5m])", f", {label}")
    return rate, f"{{{{environment}}}} {{{{version}}}} {{{{{label}}}}}{words}"


SERVER_PANELS = (
    Panel(
        "Predicted probability",
        "A tenth, the half and nine tenths of the predictions are below; a jump after a release is a model that predicts otherwise.",
        tuple(_quantile(share, "model_prediction_probability") for share in (0.1, 0.5, 0.9)),
        "percentunit",
    ),
    Panel(
        "Predicted number",
        "A tenth, the half and nine tenths of the predictions are below, in the output's own unit.",
        tuple(_quantile(share, "model_prediction_value") for share in (0.1, 0.5, 0.9)),
        "short",
        signed=True,
    ),
    Panel(
        "Predicted class",
        "Instances a second by likeliest class.",
        (_counted("model_prediction_class_total", "class", ""),),
        "reqps",
    ),
    Panel(
        "Values that are missing, unseen or out of range",
        "By feature, a second: a caller that changed its units, leaves a field out, or sends names that training did not have.",
        (
            _counted("model_feature_missing_total", "feature", " missing"),
            _counted("model_unseen_categories_total", "feature", " unseen"),
            _counted("model_feature_out_of_range_total", "feature", " out of range"),
        ),
        "reqps",
    ),
    Panel(
        "Instances of an invocation",
        "The half and 99 of 100 invocations have no more; large ones are slow for those who wait behind them.",
        tuple(_quantile(share, "model_batch_rows") for share in (0.5, 0.99)),
        "short",
    ),
    Panel(
        "Invocations in flight, instances a second",
        "In flight: being answered now. Where that grows and instances do not, the server is at its limit.",
        (
            (_of_server(f"model_requests_in_flight{{{PLACE}}}"), "{{environment}} {{version}} in flight"),
            (_of_server(f"rate(model_rows_total{{{PLACE}}}[5m])"), "{{environment}} {{version}} instances"),
        ),
        "short",
    ),
    Panel(
        "Time to load the model, servers that drain",
        "Each server loads its model before it is ready; one that was told to stop answers what it has and ends.",
        (
            (
                _of_server(f"model_load_seconds{{{PLACE}}}", over="max"),
                "{{environment}} {{version}} seconds",
            ),
            (_of_server(f"model_draining{{{PLACE}}}"), "{{environment}} {{version}} draining"),
        ),
        "short",
    ),
)
