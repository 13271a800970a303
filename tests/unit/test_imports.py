"""Imports go one way (docs/architecture.md), checked over the real sources."""

import ast
import graphlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ROOMS = (
    "infra",
    "components",
    "monitoring",
    "pipelines",
    "modeldelivery",
    "sandbox",
    "tools",
    "benchmarks",
    "tests",
)

OURS = "modeldelivery"
# Who may import what of this project beside itself. The longest entry that names a module decides.
NAMES = {f"{OURS}.release.{each}" for each in ("naming", "version", "errors")}  # what all rooms share


def ours(*rooms):
    return {f"{OURS}.{room}" for room in rooms}


def inside(*rooms):
    return {f"sandbox.{room}" for room in rooms}


MAY_IMPORT = {
    "components": {
        "monitoring.dashboard",
        "pipelines.sentinels",
        *ours("provider.sdk", "release.core.request", "release.core.verification"),
        *NAMES,
    },
    "infra": {
        "components",
        *ours("provider.sdk", "release.approval", "release.core.request", "release.core.verification"),
        *NAMES,
    },
    # A program beside Pulumi's: it reads registry and committed config itself.
    "infra.render": {
        "infra",
        *ours("plugin.protocol", "provider.fleet", "provider.sdk", "release.aws.session", "terminal"),
        *NAMES,
    },
    "pipelines": NAMES,
    "pipelines.sentinels": set(),
    "pipelines.definition": {"pipelines.definition_file", "pipelines.sentinels"},
    "pipelines.definition_file": set(),
    # What serves, exports and packages knows no model.
    "pipelines.server": set(),
    **{f"pipelines.{generic}": {"pipelines.server"} for generic in ("export", "package")},
    **{f"pipelines.{generic}": set() for generic in ("dataset", "examples")},
    "pipelines.months": {"pipelines.dataset"},
    "pipelines.publish": {"pipelines.aws_errors", "pipelines.dataset", *NAMES},
    "pipelines.assemble": {f"pipelines.{generic}" for generic in ("dataset", "months", "recipe")},
    "pipelines.recipe": {f"pipelines.{generic}" for generic in ("dataset", "examples", "server")},
    "pipelines.data_drift": {
        *(
            f"pipelines.{each}"
            for each in (
                "aws_errors",
                "capture",
                "documents",
                "examples",
                "options",
                "places",
                "server",
                "verdicts",
            )
        ),
        *ours("release.verdicts"),
        *NAMES,
    },
    "pipelines.acts": {"pipelines.documents"},
    "pipelines.claims": {"pipelines.acts", "pipelines.places"},
    "pipelines.proposal": {
        *(f"pipelines.{each}" for each in ("acts", "claims", "dataset", "documents", "months", "places")),
        *("pipelines.aws_errors", "pipelines.topic"),
        *NAMES,
    },
    "pipelines.verdicts": {"pipelines.documents", "pipelines.places", *ours("release.verdicts"), *NAMES},
    "pipelines.gates": {
        *(f"pipelines.{generic}" for generic in ("dataset", "examples", "server")),
        "pipelines.tfma.protocol",
    },
    **{
        f"pipelines.{generic}": set()
        for generic in ("aws_errors", "capture", "documents", "options", "places", "topic")
    },
    "pipelines.ground_truth": {"pipelines.server"},
    "pipelines.quality": {
        *(f"pipelines.{generic}" for generic in ("capture", "gates", "ground_truth", "package", "places")),
        *("pipelines.documents", "pipelines.recipe", "pipelines.server", "pipelines.verdicts"),
        "pipelines.aws_errors",
        *ours("release.verdicts"),
        *NAMES,
    },
    # It runs in an environment of its own, which has nothing of the others'.
    "pipelines.tfma": set(),
    "pipelines.steps": {
        *("pipelines.data_drift", "pipelines.gates"),
        *(
            f"pipelines.{generic}"
            for generic in ("dataset", "examples", "export", "months", "package", "recipe", "server")
        ),
    },
    "pipelines.flights": {
        f"pipelines.{generic}"
        for generic in ("dataset", "examples", "export", "months", "package", "recipe", "server")
    },
    "pipelines.flights.play": {
        f"pipelines.{generic}"
        for generic in (
            *("aws_errors", "capture", "dataset", "flights", "ground_truth", "months", "places", "server"),
        )
    },
    # The rooms inside the sandbox; what is not named here wires them together and may import all of them.
    "sandbox": ours("terminal", "awsmodels"),
    "sandbox.api": ours("awsmodels"),
    **{
        f"sandbox.{leaf}": set()
        for leaf in (
            "accounts",
            "archive",
            "calls",
            "clock",
            "faults",
            "holds",
            "home",
            "missing",
            "processes",
        )
    },
    **{f"sandbox.{leaf}": set() for leaf in ("origin", "signature")},
    "sandbox.job_logs": inside("accounts"),
    "sandbox.keys": inside("accounts", "home"),
    "sandbox.call": inside("api"),
    "sandbox.refusal": inside("api.cbor", "call"),
    "sandbox.daemon": inside("home"),
    "sandbox.moto_patches": inside(
        *(f"alarms.{pure}" for pure in ("expression", "figures", "retention", "series", "stored")),
        *("clock", "home"),
    ),
    "sandbox.cloud": {
        *inside(
            "accounts", "api", "call", "keys", "missing", "moto_patches", "processes.credentials", "refusal"
        ),
        *inside("signature"),
        *ours("awsmodels"),
    },
    "sandbox.alarms": inside("accounts", "api.request", "call", "clock", "cloud", "iam", "refusal", "topics"),
    "sandbox.topics": inside("accounts", "cloud", "iam", "refusal"),
    "sandbox.clients": inside("hosting.execution_role", "iam", "processes.credentials"),
    "sandbox.logstream": inside("clock"),
    "sandbox.json_service": {*inside("accounts", "api", "call", "refusal"), *ours("awsmodels")},
    "sandbox.connections": inside("accounts", "json_service", "refusal"),
    "sandbox.events": inside("accounts", "api.request", "call", "cloud", "iam", "refusal", "topics"),
    "sandbox.events.target": set(),
    "sandbox.scheduler": inside(
        "accounts", "clients", "clock", "hosting.execution_role", "json_service", "refusal"
    ),
    # A command line: what the sandbox's own process needs is not imported for it.
    "sandbox.scheduler.cli": {*inside("home", "scheduler.paths"), *ours("terminal")},
    "sandbox.scheduler.expression": inside("scheduler.cron"),
    **{f"sandbox.scheduler.{pure}": set() for pure in ("cron", "paths", "requests", "target")},
    "sandbox.git": inside("accounts", "home", "refusal"),
    "sandbox.codebuild": inside(
        *(
            "accounts",
            "clients",
            "clock",
            "home",
            "hosting.execution_role",
            "iam",
            "json_service",
            "logstream",
        ),
        *("processes", "refusal"),
    ),
    "sandbox.codepipeline": inside(
        *("accounts", "clients", "clock", "codebuild", "connections", "git", "hosting.execution_role", "iam"),
        *("json_service", "refusal"),
    ),
    **{f"sandbox.codepipeline.{pure}": set() for pure in ("flow", "triggers", "variables")},
    **{f"sandbox.codebuild.{pure}": set() for pure in ("buildspec", "driver")},
    "sandbox.codebuild.artifacts": {"sandbox.codebuild.buildspec"},
    **{f"sandbox.alarms.{pure}": inside("alarms") for pure in ("evaluation", "expression")},
    **{f"sandbox.alarms.{pure}": inside("alarms.expression") for pure in ("series", "shown")},
    **{f"sandbox.alarms.{pure}": inside("alarms.series") for pure in ("retention", "stored")},
    "sandbox.alarms.figures": inside("alarms.expression", "alarms.series", "alarms.shown"),
    "sandbox.checksums": inside("api.request", "refusal"),
    "sandbox.moto_ignores": inside("api.acts"),
    "sandbox.buckets": inside("api.request", "call", "refusal", "checksums"),
    "sandbox.iam": {*inside("call", "calls", "refusal"), *ours("awsmodels")},
    "sandbox.iam.core": set(),
    "sandbox.image": inside("archive", "daemon", "home"),
    "sandbox.hosting": inside(
        *(
            "accounts",
            "archive",
            "clock",
            "cloud",
            "dataplane.capture",
            "dataplane.spool",
            "faults",
            "home",
            "iam",
            "image.build",
        ),
        *("missing", "processes", "refusal"),
    ),
    "sandbox.sagemaker": inside(
        *("accounts", "api.acts", "api.request", "api.structs", "call", "clock", "cloud", "hosting"),
        *("json_service", "missing", "refusal"),
    ),
    "sandbox.training": {
        *inside("accounts", "api.acts", "api.structs", "clients", "clock", "cloud", "home", "hosting", "iam"),
        *inside("logstream", "missing", "processes", "refusal", "sagemaker"),
        *ours("awsmodels"),
    },
    **{
        f"sandbox.training.{pure}": set()
        for pure in ("cache", "conditions", "graph", "intrinsics", "retries")
    },
    # A process of its own, which has no moto: what it takes of hosting must not have it either.
    "sandbox.kubernetes": {
        *inside("daemon", "faults", "holds", "home", "image.build", "missing", "processes"),
        *inside("hosting.held", "hosting.local_image", "hosting.whole_image"),
        *ours("terminal"),
    },
    "sandbox.dataplane": inside(  # a process of its own
        *("dataplane.capture", "dataplane.lines", "dataplane.spool"),
        *("origin", "processes.door", "signature"),
    ),
    "sandbox.dataplane.lines": set(),
    "sandbox.dataplane.spool": set(),
    "sandbox.dataplane.capture": inside("dataplane.lines", "dataplane.spool"),
    "sandbox.dataplane.link": inside("hosting.fleet"),  # the other end, in the sandbox's process
    # Served the same way as the product's own provider, and as careful with credentials.
    "sandbox.pulumi_aws": ours("plugin", "release.aws.credentials", "release.errors"),
    "monitoring": {
        *ours("release.aws", "release.cli.project", "release.operations", "release.verdicts", "terminal"),
        *NAMES,
    },
    **{
        f"monitoring.{pure}": {"monitoring", *NAMES}
        for pure in ("alertmanager", "message", "prometheus", "rules", "tally")
    },
    "monitoring.page": {
        *("monitoring", "pipelines.acts", "pipelines.places"),
        *("pipelines.data_drift.report", "pipelines.quality.report"),
        *("pipelines.gates.page", "pipelines.gates.svg"),
        *ours("release.aws", "release.core.journal", "terminal"),
        *NAMES,
    },
    "monitoring.panel": set(),
    "monitoring.server_panels": {"monitoring.panel"},
    "monitoring.panels": {"monitoring.panel", "monitoring.server_panels"},
    "monitoring.dashboard": {"monitoring.panel", "monitoring.panels"},
    "tools": {"pipelines", *ours("release", "review", "terminal")},
    "benchmarks": {"infra", "components", "monitoring", "pipelines", "modeldelivery", "sandbox", "tools"},
    OURS: set(),
    f"{OURS}.terminal": set(),
    f"{OURS}.plugin": ours("terminal"),
    f"{OURS}.catalogue": set(),
    f"{OURS}.awsmodels": set(),
    f"{OURS}.provider": {
        *ours("plugin"),
        *ours(
            "release.actor",
            "release.approval",
            "release.aws",
            "release.cluster",
            "release.core",
            "release.kubernetes",
            "release.operations",
            "release.ports",
        ),
        *ours("release.patience", "release.record", "release.runner"),
        *NAMES,
    },
    f"{OURS}.provider.sdk": set(),
    f"{OURS}.release.errors": set(),
    f"{OURS}.release.formats": ours("release.errors"),
    f"{OURS}.release.version": ours("release.errors", "release.formats"),
    f"{OURS}.release.naming": ours("release.errors", "release.version"),
    f"{OURS}.release.verdicts": {*ours("release.formats"), *NAMES},
    f"{OURS}.release.actor": set(),
    f"{OURS}.release.record": {*ours("release.formats"), *NAMES},
    f"{OURS}.release.core": {*ours("release.formats"), *NAMES},
    f"{OURS}.release.archive": ours("release.errors"),
    f"{OURS}.release.samples": ours("release.errors", "release.record"),
    f"{OURS}.release.approval": ours("release.record"),
    f"{OURS}.release.evaluation": ours("release.errors", "release.record"),
    f"{OURS}.release.figures": ours("release.errors", "release.record"),
    f"{OURS}.release.reader": ours("release.errors"),
    f"{OURS}.release.champion": set(),
    f"{OURS}.release.training_ports": ours("release.core"),
    f"{OURS}.release.verify_ports": {*ours("release.core"), *NAMES},
    f"{OURS}.release.stream_ports": ours("release.core"),
    f"{OURS}.release.stream": ours("release.core", "release.ports", "release.stream_ports"),
    f"{OURS}.release.loading": set(),  # in an environment of its own, which has nothing of the others'
    f"{OURS}.release.ports": {*ours("release.core", "release.record", "release.samples"), *NAMES},
    f"{OURS}.release.patience": ours("release.errors", "release.ports"),
    f"{OURS}.release.instances": {*ours("release.core", "release.ports"), *NAMES},
    f"{OURS}.release.stages": {*ours("release.core", "release.ports"), *NAMES},
    f"{OURS}.release.runner": {
        *ours("release.core", "release.instances", "release.patience", "release.ports", "release.stages"),
        *NAMES,
    },
    f"{OURS}.release.operations": {
        *ours("release.core", "release.patience", "release.ports", "release.runner", "release.record"),
        *ours(
            "release.approval",
            "release.archive",
            "release.evaluation",
            "release.figures",
            "release.samples",
            "release.stream_ports",
            "release.training_ports",
            "release.verdicts",
            "release.verify_ports",
        ),
        *NAMES,
    },
    f"{OURS}.release.aws": {
        *ours(
            "awsmodels",
            "release.approval",
            "release.core",
            "release.ports",
            "release.record",
            "release.samples",
        ),
        *ours("release.champion", "release.figures", "release.training_ports", "release.verify_ports"),
        *ours("release.stream_ports", "release.verdicts"),
        *NAMES,
    },
    f"{OURS}.release.cluster": {*ours("release.aws", "release.core", "release.kubernetes"), *NAMES},
    f"{OURS}.release.kubernetes": {*ours("release.core", "release.formats"), *NAMES},
    f"{OURS}.release.cli": ours("release", "terminal"),
    f"{OURS}.policy": {*ours("catalogue"), *NAMES},
    f"{OURS}.review": ours("catalogue", "policy.finding", "policy.judgement", "release", "terminal"),
    f"{OURS}.review.core": {
        *ours("catalogue", "release.core.request"),
        *ours("release.operations.health", "release.operations.proof", "release.operations.status"),
        *ours("release.operations.latest_drill", "release.operations.verified"),
        *ours("release.operations.judgements"),
        *NAMES,
    },
    f"{OURS}.review.report": {
        *ours("release.operations.health", "release.operations.latest_drill", "release.operations.verified"),
        *ours("release.operations.judgements", "review.core", "terminal"),
        *NAMES,
    },
}
PURE = (
    f"{OURS}.release.core",
    f"{OURS}.release.version",
    f"{OURS}.release.naming",
    f"{OURS}.release.record",
    f"{OURS}.release.ports",
    f"{OURS}.release.instances",
    f"{OURS}.release.patience",
    f"{OURS}.release.stages",
    f"{OURS}.release.runner",
    f"{OURS}.release.errors",
    f"{OURS}.release.formats",
    f"{OURS}.catalogue",
    f"{OURS}.review.core",
    f"{OURS}.review.report",
    "sandbox.iam.core",
    "sandbox.codebuild.buildspec",
    *(f"sandbox.codepipeline.{pure}" for pure in ("flow", "triggers", "variables")),
    "sandbox.events.target",
    *(f"sandbox.training.{pure}" for pure in ("cache", "conditions", "graph", "intrinsics", "retries")),
)
WORLD = {
    "boto3",
    "botocore",
    "pulumi",
    "pulumi_aws",
    "time",
    "datetime",
    "os",
    "random",
    "socket",
    "subprocess",
    "uuid",
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "time_ns"}


def module_name(path):
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(*rooms):
    return [path for room in rooms for path in sorted((PROJECT / room).rglob("*.py"))]


def imported(path):
    return imports_of(path.read_text(), module_name(path), is_package=path.stem == "__init__")


def imports_of(text, name, *, is_package=False):
    """Full names of what a module imports, wherever in it; `from a import b` counts as `a.b` where that is a module."""
    names = set()
    for node in ast.walk(ast.parse(text, name)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                dots = "." * node.level
                source = importlib.util.resolve_name(
                    dots + source, name if is_package else name.rpartition(".")[0]
                )
            names |= {
                f"{source}.{alias.name}" if is_module(f"{source}.{alias.name}") else source
                for alias in node.names
            }
    return names


def is_module(name):
    path = PROJECT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def within(name, package):
    return name == package or name.startswith(f"{package}.")


def layer(name):
    return max((each for each in MAY_IMPORT if within(name, each)), key=len, default=name.partition(".")[0])


def wrong_ways(name, imports):
    """The imports of a module that the table does not allow."""
    mine = layer(name)
    return [
        other
        for other in sorted(imports)
        if other.partition(".")[0] in ROOMS
        and not within(other, mine)
        and not any(within(other, allowed) for allowed in MAY_IMPORT.get(mine, set()))
    ]


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "tests" and (PROJECT / room).is_dir()])
def test_imports_go_one_way(room):
    wrong = {module_name(path): wrong_ways(module_name(path), imported(path)) for path in sources(room)}
    assert {name: imports for name, imports in wrong.items() if imports} == {}


def test_no_two_rooms_import_each_other():
    """Also not by way of a third."""
    order = graphlib.TopologicalSorter()
    for path in sources(*(room for room in ROOMS if room != "tests")):
        mine = layer(module_name(path))
        order.add(mine, *{layer(other) for other in imported(path) if layer(other) in MAY_IMPORT} - {mine})
    assert set(order.static_order()) <= MAY_IMPORT.keys()


@pytest.mark.parametrize("layer", PURE)
def test_the_core_touches_no_world_and_no_clock(layer):
    paths = [path for path in sources(OURS, "sandbox") if within(module_name(path), layer)]
    touched = {
        module_name(path): result
        for path in paths
        if (result := {name for name in imported(path) if name.partition(".")[0] in WORLD})
    }
    assert paths
    assert touched == {}


@pytest.mark.parametrize("room", ["infra", "components"])
def test_resources_depend_on_no_clock_environment_or_chance(room):
    """A preview right after `up` shows no change."""
    forbidden = {"os", "random", "secrets", "socket", "subprocess", "time", "uuid", "boto3", "botocore"}
    for path in sources(room):
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not {name.partition(".")[0] for name in imported(path)} & forbidden, path
        assert not calls & (CLOCKS | {"getenv"}), path


def test_only_settings_reads_config():
    readers = [
        module_name(path)
        for path in sources("infra", "components", f"{OURS}/provider")
        if any(
            word in path.read_text() for word in ("pulumi.Config", "runtime.config", "runtime import config")
        )
    ]
    assert readers == ["infra.settings"]


@pytest.mark.parametrize(
    ("name", "imports", "wrong"),
    [
        (f"{OURS}.release.core.resolve", ours("release.aws.journal"), [f"{OURS}.release.aws.journal"]),
        (f"{OURS}.release.operations.rollback", ours("release.aws.hosting"), [f"{OURS}.release.aws.hosting"]),
        ("components.endpoint", {"infra.settings"}, ["infra.settings"]),
        ("components.endpoint", ours("provider.fleet"), [f"{OURS}.provider.fleet"]),
        ("components.endpoint", {f"{OURS}.provider.sdk", "json"}, []),
        ("pipelines.flights.train", {"components.key"}, ["components.key"]),
        ("components.training", {"pipelines.sentinels", "pipelines.steps"}, ["pipelines.steps"]),
        ("pipelines.server.app", {"pipelines.flights.features"}, ["pipelines.flights.features"]),
        (f"{OURS}.release.cli.main", {"sandbox"}, ["sandbox"]),
        (f"{OURS}.provider.sdk", ours("provider.fleet"), [f"{OURS}.provider.fleet"]),
        (f"{OURS}.provider.fleet", ours("plugin.values", "release.aws.registry"), []),
        ("sandbox.hosting.changes", {"sandbox.sagemaker.store"}, ["sandbox.sagemaker.store"]),
        ("sandbox.pulumi_aws.provider", {"sandbox.home"}, ["sandbox.home"]),
        ("sandbox.world", {"sandbox.hosting.fleet"}, []),
        (f"{OURS}.terminal.tables", ours("release.version"), [f"{OURS}.release.version"]),
    ],
)
def test_the_table_refuses_what_it_should(name, imports, wrong):
    assert wrong_ways(name, imports) == wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import sandbox.home", {"sandbox.home"}),
        (f"def late():\n    from {OURS}.release.aws import journal", ours("release.aws.journal")),
        (f"from {OURS}.release.aws.journal import S3Journal", ours("release.aws.journal")),
        ("from . import journal", ours("release.core.journal")),
        ("from ..aws.journal import S3Journal", ours("release.aws.journal")),
    ],
)
def test_every_form_of_import_is_seen(text, expected):
    assert imports_of(text, f"{OURS}.release.core.resolve") == expected


def test_every_room_has_a_rule():
    packages = {path.parent.name for path in PROJECT.glob("*/__init__.py")} - {"tests"}
    rooms = {
        f"{room}.{path.parent.name}"
        for room in (OURS, "sandbox")
        for path in PROJECT.glob(f"{room}/*/__init__.py")
    } - {f"{OURS}.release"}
    assert packages | rooms <= MAY_IMPORT.keys()


def test_the_program_loads_without_boto3():
    """boto3 is slow to import, and the program makes no AWS call of its own."""
    code = "import sys, components.endpoint, components.registry, infra.settings, infra.tags; print('boto3' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "False"
