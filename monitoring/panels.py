"""What is worth a picture, in the order in which somebody looks: one table, whatever draws it."""

from monitoring.panel import PLACE, Line, OfJobs, Panel, rate_by_version
from monitoring.server_panels import SERVER_PANELS

_INSTANCES = "/aws/sagemaker/Endpoints"


def _invocations(label: str, metric: str, statistic: str) -> Line:
    return Line(label, (("m", metric),), statistic)


def _instances(label: str, metric: str) -> Line:
    return Line(label, (("m", metric),), "Average", namespace=_INSTANCES)


# The share that fails, as components/alarms.py has it: a test holds the two together.
_SHARE = "MAX([FILL(errors5xx, 0), FILL(failed, 0) - FILL(errors4xx, 0)]) / invocations"

PANELS = (
    Panel(
        "Traffic by version",
        "The share that each version has on the endpoint. `modelctl history` says who decided.",
        ((f'delivery_weight{{kind="actual",{PLACE}}}', "{{environment}} {{version}}"),),
        "percentunit",
    ),
    Panel(
        "Requests a second",
        "Invocations that were answered, or not, by version.",
        ((rate_by_version("model_requests_total"), "{{environment}} {{version}}"),),
        "reqps",
        (Line("", (("requests", "Invocations"),), "Sum", "requests / 60"),),
    ),
    Panel(
        "Share of requests that fail",
        "5XX, time-outs and containers that died, over five minutes. Above 1.44 % for an hour somebody is woken.",
        ((f"delivery:request_failures:ratio_rate5m{{{PLACE}}}", "{{environment}} {{version}}"),),
        "percentunit",
        (
            Line(
                "",
                (
                    ("invocations", "Invocations"),
                    ("failed", "InvocationModelErrors"),
                    ("errors4xx", "Invocation4XXErrors"),
                    ("errors5xx", "Invocation5XXErrors"),
                ),
                "Sum",
                _SHARE,
            ),
        ),
    ),
    Panel(
        "Mean time to answer",
        "Of the container, without SageMaker's own overhead.",
        (
            (
                " / ".join(rate_by_version(f"model_request_seconds_{part}") for part in ("sum", "count")),
                "{{environment}} {{version}}",
            ),
        ),
        "s",
        (
            _invocations("model", "ModelLatency", "Average"),
            _invocations("SageMaker", "OverheadLatency", "Average"),
        ),
    ),
    Panel(
        "Slowest hundredth",
        "99 of 100 invocations of a minute were answered within this time; the limit is that of the version's own alarm.",
        (
            (f"model_request_seconds_p99{{{PLACE}}}", "{{environment}} {{version}}"),
            (f"delivery_latency_limit_seconds{{{PLACE}}}", "{{environment}} {{version}} limit"),
        ),
        "s",
        (_invocations("", "ModelLatency", "p99"),),
    ),
    Panel(
        "Instances",
        "Running and desired; fewer than desired for long is `few-instances` in `modelctl status`.",
        ((f"delivery_instances{{{PLACE}}}", "{{environment}} {{version}} {{kind}}"),),
        "short",
    ),
    Panel(
        "CPU of the instances",
        "Busy cores of an instance, by version.",
        ((f"endpoint_cpu_ratio{{{PLACE}}}", "{{environment}} {{version}}"),),
        "percentunit",
        (_instances("", "CPUUtilization"),),
    ),
    Panel(
        "Memory and disk of the instances",
        "Data capture ends where a disk is three quarters full.",
        (
            (f"endpoint_memory_ratio{{{PLACE}}}", "{{environment}} {{version}} memory"),
            (f"endpoint_disk_ratio{{{PLACE}}}", "{{environment}} {{version}} disk"),
        ),
        "percentunit",
        (_instances("memory", "MemoryUtilization"), _instances("disk", "DiskUtilization")),
    ),
    Panel(
        "GPU of the instances",
        "Busy GPUs and used GPU memory of an instance; nothing where it has none.",
        (
            (f"endpoint_gpu_ratio{{{PLACE}}}", "{{environment}} {{version}} GPU"),
            (f"endpoint_gpu_memory_ratio{{{PLACE}}}", "{{environment}} {{version}} memory"),
        ),
        "percentunit",
        (_instances("GPU", "GPUUtilization"), _instances("memory", "GPUMemoryUtilization")),
    ),
    Panel(
        "Age of what was captured last",
        "Nothing where nothing is captured. Where it grows while there are requests, look at the disk.",
        ((f"delivery_capture_age_seconds{{{PLACE}}}", "{{environment}} {{version}}"),),
        "s",
    ),
    Panel(
        "CPU and GPU of jobs",
        "Busy cores and GPUs of each training and processing job of the last hours.",
        (
            (f"job_cpu_ratio{{{PLACE}}}", "{{environment}} {{job}} {{host}} CPU"),
            (f"job_gpu_ratio{{{PLACE}}}", "{{environment}} {{job}} {{host}} GPU"),
        ),
        "percentunit",
        (OfJobs((("CPU", "CPUUtilization"), ("GPU", "GPUUtilization"))),),
    ),
    Panel(
        "Memory and disk of jobs",
        "A job that comes near 100 % of its memory is about to be killed: take a larger instance in `model-delivery:training`.",
        (
            (f"job_memory_ratio{{{PLACE}}}", "{{environment}} {{job}} {{host}} memory"),
            (f"job_disk_ratio{{{PLACE}}}", "{{environment}} {{job}} {{host}} disk"),
            (f"job_gpu_memory_ratio{{{PLACE}}}", "{{environment}} {{job}} {{host}} GPU memory"),
        ),
        "percentunit",
        (
            OfJobs(
                (
                    ("memory", "MemoryUtilization"),
                    ("disk", "DiskUtilization"),
                    ("GPU memory", "GPUMemoryUtilization"),
                )
            ),
        ),
    ),
    Panel(
        "Data drift by column",
        "How many times its limit each column reached in the newest window; from 1 on it moved, twice in a row is drift.",
        ((f"delivery_drift{{{PLACE}}}", "{{environment}} {{version}} {{feature}} {{severity}}"),),
        "short",
    ),
    Panel(
        "Quality by labels",
        "Metrics of the newest labelled window, their bounds, and what the version showed before; 1 beside them where it is worse.",
        (
            (
                f'model_quality{{slice="overall",{PLACE}}}',
                "{{environment}} {{version}} {{metric}} {{bound}}",
            ),
            (f"model_quality_worse{{{PLACE}}}", "{{environment}} {{version}} worse"),
        ),
        "short",
    ),
    Panel(
        "Rows and labels that were judged",
        "Of the newest windows; below 1,000 rows nothing is said of drift.",
        (
            (f"delivery_drift_rows{{{PLACE}}}", "{{environment}} {{version}} rows"),
            (f"model_quality_cases{{{PLACE}}}", "{{environment}} {{version}} labelled"),
        ),
        "short",
    ),
    Panel(
        "Age of the newest verdicts",
        "Where it grows beyond two windows the next verdict is late: look at the job that judges.",
        (
            (f"delivery_verdict_age_seconds{{{PLACE}}}", "{{environment}} {{version}} {{of}}"),
            (f"delivery_verdict_overdue_seconds{{{PLACE}}}", "{{environment}} {{version}} {{of}} late"),
        ),
        "s",
    ),
    Panel(
        "Holds, rejections, divergence",
        "1 while a decision keeps config's live version from serving; rejected versions; contradictions between journal and endpoint.",
        (
            (f"delivery_hold{{{PLACE}}}", "{{environment}} hold"),
            (f"sum by (model, environment) (delivery_rejected{{{PLACE}}})", "{{environment}} rejected"),
            (f"delivery_divergence{{{PLACE}}}", "{{environment}} divergence"),
        ),
        "short",
    ),
    Panel(
        "Age of the move under way",
        "Nothing while none is; half an hour is too long for a change of the fleet.",
        ((f"delivery_intent_age_seconds{{{PLACE}}}", "{{environment}} {{kind}}"),),
        "s",
    ),
    Panel(
        "Age of the latest drill",
        "`modelctl drill --env ENV` tries rollbacks under load; how long callers had to do with the version left is beside it.",
        (
            (f"delivery_drill_age_seconds{{{PLACE}}}", "{{environment}} passed: {{passed}}"),
            (f"delivery_drill_seconds{{{PLACE}}}", "{{environment}} last wrong answer, {{of}}"),
        ),
        "s",
    ),
    Panel(
        "Findings",
        "What is not as it should be; `modelctl status --env ENV` has the sentences.",
        ((f"sum by (model, environment, code) (delivery_findings{{{PLACE}}})", "{{environment}} {{code}}"),),
        "short",
    ),
    Panel(
        "Sources that answer",
        "0: what this source would say is not known.",
        ((f"delivery_up{{{PLACE}}}", "{{environment}} {{source}}"),),
        "short",
    ),
    *SERVER_PANELS,
)
