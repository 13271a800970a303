"""`sandbox up|down|status|env|logs|image|messages|authorize|clock|kubernetes`: AWS on this machine, and a cluster beside it."""

import argparse
import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from modeldelivery.terminal import program
from sandbox import daemon
from sandbox.daemon import TOKEN
from sandbox.environment import process_environment, shell_lines
from sandbox.home import Home, SandboxError, home
from sandbox.kubernetes import cli as kubernetes
from sandbox.kubernetes.home import within
from sandbox.scheduler import cli as clock
from sandbox.variables import unheeded

# By these a build's programs have its role (sandbox/processes/credentials.py).
_ROLE = (
    *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"),
)


def main() -> int:
    """Returns 0 on success, 1 with a sentence when the sandbox cannot, 130 when interrupted; exits with 2 on a usage error."""
    return program.run("sandbox", _carry_out, "interrupted; `sandbox status` shows what runs")


def _carry_out() -> int:
    arguments = _parser().parse_args()
    place, shell = home(), dict(os.environ)
    for name in unheeded(shell):
        program.complain("sandbox", f"{name} is none of its variables, and is not heeded")
    # Each command works inside, whatever shell it was typed in.
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(process_environment(place, shell))
    arguments.shell = shell
    try:
        arguments.run(place, arguments)
    except SandboxError as error:
        program.complain("sandbox", str(error))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sandbox", description="AWS on this machine: two accounts, staging and prod."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("up", _up, "start it unless it runs, and wait until it serves")
    down = command("down", _down, "end it with everything it started")
    down.add_argument("--purge", action="store_true", help="remove its state folder as well")
    status = command("status", _status, "show what runs")
    status.add_argument("--json", action="store_true")
    env = command("env", _env, 'print how to enter it: eval "$(sandbox env)"')
    env.add_argument("--json", action="store_true", help="the whole environment of a process in it, as JSON")
    logs = command("logs", _logs, "print its log, a container's or a job's")
    logs.add_argument(
        "name",
        nargs="?",
        help="how an endpoint's, instance's or job's name begins; without it the sandbox's own log",
    )
    logs.add_argument("--lines", type=int, default=50, help="of each, the last (default 50)")
    logs.add_argument(
        "--follow", action="store_true", help="of a job: go on with what it prints, until Ctrl-C"
    )
    logs.set_defaults(usage_error=logs.error)
    messages = command("messages", _messages, "print what was published to SNS topics, the first first")
    messages.add_argument("--json", action="store_true")
    authorize = command(
        "authorize", _authorize, "authorise the connections of a name, as a person does in AWS' console"
    )
    authorize.add_argument("name", help="ConnectionName")
    text = "the clock of schedules and metrics, which goes by itself or as you set it"
    clock.add(commands.add_parser("clock", help=text, description=text), _told)
    image = command("image", _image, "build an image and push it to ECR; prints its URI by digest")
    image.add_argument(
        "--profile",
        help="the account: staging or prod (default: in a build of CodeBuild's, the build's own role)",
    )
    image.add_argument("--repository", required=True)
    image.add_argument("--file", type=Path, help="the Dockerfile of a CONTEXT (default: CONTEXT/Dockerfile)")
    image.add_argument("--tag", help="(default: from the digest)")
    source = image.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--archive", type=Path, metavar="FILE", help="an image that `docker save` wrote, instead of a CONTEXT"
    )
    source.add_argument("context", type=Path, nargs="?", metavar="CONTEXT", help="the folder to build from")
    image.set_defaults(usage_error=image.error)
    text = "a Kubernetes cluster on this machine"
    kubernetes.add(commands.add_parser("kubernetes", help=text, description=text))
    return parser


def _up(place: Home, _: argparse.Namespace) -> None:
    started = daemon.up(place, os.environ)
    print(f"sandbox {started.incarnation} serves on 127.0.0.1:{started.control}", file=sys.stderr)
    print('enter it with: eval "$(sandbox env)"', file=sys.stderr)


def _down(place: Home, arguments: argparse.Namespace) -> None:
    daemon.down(within(place))  # its node runs this sandbox's images
    daemon.down(place, purge=arguments.purge)


def _status(place: Home, arguments: argparse.Namespace) -> None:
    status = _ask(_running(place), "/sandbox/status")
    if arguments.json:
        program.give(json.dumps(status, indent=2))
        return
    mebibytes = status["resident_bytes"] / 2**20
    print(f"incarnation {status['incarnation']}, {status['processes']} processes, {mebibytes:.0f} MiB")
    level, why = status["isolation"]["level"], status["isolation"]["why"]
    program.say(f"isolation of containers: {level}{f' ({why})' if why else ''}")
    for profile, account in status["accounts"].items():
        program.say(f"{profile} ({account})  git remote: {status['repositories'][account]}")
        for endpoint in status["endpoints"][account]:
            weights = " ".join(f"{name}={weight:g}" for name, weight in endpoint["variants"].items())
            program.say(
                f"  {endpoint['name']}  {endpoint['status']}  {weights}  instances: {endpoint['instances']}"
            )


def _env(place: Home, arguments: argparse.Namespace) -> None:
    if daemon.running(place) is None:
        program.complain("sandbox", "it does not run: `sandbox up` starts it")
    if arguments.json:
        print(json.dumps(dict(os.environ), indent=2))
        return
    print("\n".join(shell_lines(place, arguments.shell)))


def _logs(place: Home, arguments: argparse.Namespace) -> None:
    if arguments.name is None:
        if arguments.follow:
            arguments.usage_error("argument --follow: name the job to follow")
        program.say(daemon.tail(place, arguments.lines))
        return
    files = sorted(place.container_logs.glob(f"{arguments.name}*.log"))
    for path in files:
        print(f"== {path.stem}")
        program.say("\n".join(path.read_text(errors="replace").splitlines()[-arguments.lines :]))
    if not files:
        _job_logs(place, arguments)


def _job_logs(place: Home, arguments: argparse.Namespace) -> None:
    _running(place)
    from sandbox.job_logs import JobLogs, heading  # noqa: PLC0415 - boto3 takes a while, and only this needs it

    logs = JobLogs()
    if arguments.follow:
        for line in logs.follow(arguments.name, arguments.lines):
            program.say(line)
            sys.stdout.flush()  # also where it is a pipe's
        return
    streams = logs.streams(arguments.name)
    if not streams:
        raise SandboxError(
            f"no container's and no job's name begins with {arguments.name!r}; `sandbox status` shows the endpoints, and "
            "`aws sagemaker list-processing-jobs` and `list-training-jobs` the jobs"
        )
    for stream in streams:
        program.say(heading(stream))
        program.say("\n".join(logs.lines(stream)[0][-arguments.lines :]))


def _messages(place: Home, arguments: argparse.Namespace) -> None:
    messages = _ask(_running(place), "/sandbox/messages")
    if arguments.json:
        program.give(json.dumps(messages, indent=2))
        return
    for message in messages:
        program.say(f"{message['topic']}  {message['subject']}")
        program.say("\n".join(f"  {line}" for line in message["message"].splitlines()))


def _authorize(place: Home, arguments: argparse.Namespace) -> None:
    arns = _ask(_running(place), "/sandbox/authorize", {"name": arguments.name})
    if not arns:
        raise SandboxError(f"no connection is called {arguments.name!r}")
    for arn in arns:
        print(arn)


def _image(place: Home, arguments: argparse.Namespace) -> None:
    if arguments.archive and arguments.file:
        arguments.usage_error(
            "argument --file: it names a CONTEXT's Dockerfile, and an --archive is built already"
        )
    role = {name: arguments.shell[name] for name in _ROLE if name in arguments.shell}
    if arguments.profile is None:
        if not role:
            arguments.usage_error("the following arguments are required: --profile")
        os.environ.update(role)
    from sandbox.image.push import built, push, saved  # noqa: PLC0415 - boto3 takes a while, and only this needs it

    if arguments.archive:
        image = saved(place, arguments.archive)
    else:
        image = built(place, arguments.context, arguments.file or arguments.context / "Dockerfile")
    print(push(profile=arguments.profile, repository=arguments.repository, image=image, tag=arguments.tag))


def _running(place: Home) -> daemon.Daemon:
    running = daemon.running(place)
    if running is None:
        raise SandboxError("it does not run: `sandbox up` starts it")
    return running


def _told(place: Home, path: str, body: object) -> Any:
    """As `_ask`, of the sandbox that runs."""
    return _ask(_running(place), path, body)


def _ask(running: daemon.Daemon, path: str, body: object = None) -> Any:
    """What a route of the sandbox's own answers; with a body it is sent."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.control}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={TOKEN: running.token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - http, this machine
        return json.load(answer)
