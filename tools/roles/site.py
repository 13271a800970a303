"""Where the flows run: a sandbox of its own, a state bucket in it, and a role for each kind of work."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import yaml

from modeldelivery.release.naming import Place, parse_environment, parse_model

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("prod"),
    account="222222222222",
    region="eu-west-1",
)
STATE_BUCKET = "acme-pulumi-prod"
STATE_KEY = "alias/pulumi-prod"
_VERSION = "2012-10-17"
_SECRETS = f"awskms://{STATE_KEY}?region={PLACE.region}&awssdk=v2"

Policy = Mapping[str, Any]


class FlowError(Exception):
    """A command of a flow failed; the message says which, as which role, and what it said."""


@dataclass
class Site:
    """One sandbox with one environment, production's, of which nothing is made yet."""

    folder: Path
    delays: str = ""
    _profiles: dict[str, dict[str, str]] = field(default_factory=dict)
    _call: int = 0

    def open(self) -> None:
        """Start the sandbox, and make what a person makes once: the state's bucket and key, and the stack."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sandbox("up")
        s3, kms = self.administrator("s3"), self.administrator("kms")
        s3.create_bucket(Bucket=STATE_BUCKET, CreateBucketConfiguration={"LocationConstraint": PLACE.region})
        kms.create_alias(AliasName=STATE_KEY, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        # In a folder of its own: `stack init` writes the key into the stack's file.
        project = self.folder / "project"
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: model-delivery\nruntime: python\n")
        self._run(
            "the account's user",
            self.environ | {"AWS_PROFILE": PLACE.environment},
            project,
            (
                "pulumi",
                "stack",
                "init",
                PLACE.environment,
                "--secrets-provider",
                _SECRETS,
                "--non-interactive",
            ),
        )
        made = yaml.safe_load((project / f"Pulumi.{PLACE.environment}.yaml").read_text())
        committed = yaml.safe_load((ROOT / f"Pulumi.{PLACE.environment}.yaml").read_text())
        committed.pop("encryptionsalt", None)
        # What staging has proved is staging's to tell: its preview reads it, and leaves it for production's.
        committed["config"].pop("model-delivery:promotion", None)
        # That it begins on an endpoint that serves is more than that it is there from the first: a flow turns it on.
        committed["config"].pop("model-delivery:capture", None)
        self._config = committed | made

    def close(self) -> None:
        """End the sandbox and everything in it."""
        self._sandbox("down", "--purge")

    def configure(self, **changes: object) -> None:
        """Change the stack's config: `release={"live": …}`; None takes a key away."""
        for key, value in changes.items():
            name = f"model-delivery:{key}"
            if value is None:
                self._config["config"].pop(name, None)
            else:
                self._config["config"][name] = value
        self.config_file.write_text(yaml.safe_dump(self._config))

    @property
    def config_file(self) -> Path:
        return self.folder / f"Pulumi.{PLACE.environment}.yaml"

    def give(self, role: str, *policies: Policy) -> None:
        """Make a role with these policies and nothing else, and take it on; doing it again changes its policies."""
        iam = self.administrator("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": PLACE.account}, "Action": "sts:AssumeRole"}
        try:
            iam.create_role(
                RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": _VERSION, "Statement": trust})
            )
        except iam.exceptions.EntityAlreadyExistsException:
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                iam.delete_role_policy(RoleName=role, PolicyName=name)
        for number, policy in enumerate(policies):
            iam.put_role_policy(
                RoleName=role, PolicyName=f"policy-{number}", PolicyDocument=json.dumps(policy)
            )
        if role not in self._profiles:
            self._profiles[role] = self._profile(role)

    def act(self, role: str, *command: str, allowed: Sequence[int] = (0,)) -> str:
        """Run a command as a role; what it wrote to stdout.

        Raises:
            FlowError: it ended with another status than those allowed, or with one of these and was denied something on its way.
        """
        before = self._newest()
        output = self._run(role, self._profiles[role], ROOT, command, allowed)
        arn = f"arn:aws:iam::{PLACE.account}:role/{role}"
        denied = [call for call in self.calls(before) if call["denied"] and call["role"] == arn]
        if denied:
            raise FlowError(f"as {role}, `{' '.join(command)}` was denied {denied[0]}:\n{output}")
        return output

    def build(self, repository: str, context: str, file: str | None = None) -> str:
        """Build an image into a repository of the sandbox, by the context's own Dockerfile or another; its URI by digest."""
        command = ("image", "--profile", PLACE.environment, "--repository", repository, str(ROOT / context))
        by = ("--file", str(ROOT / file)) if file else ()
        return self._sandbox(*command, *by).strip().splitlines()[-1]

    def unlock(self) -> bool:
        """Take away what an update that could not end left behind, as `pulumi cancel` does; whether there was any."""
        s3 = self.administrator("s3")
        held = s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix=".pulumi/locks/").get("Contents", ())
        for lock in held:
            s3.delete_object(Bucket=STATE_BUCKET, Key=lock["Key"])
        return bool(held)

    def client(self, role: str, service: str) -> Any:
        """A boto3 client of a role."""
        return _client(self._profiles[role], service)

    def administrator(self, service: str) -> Any:
        """A boto3 client of the account's own user."""
        return _client(self.environ, service)

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The sandbox's record of calls, after the `since`-th."""
        daemon = json.loads((self.folder / "sandbox" / "daemon.json").read_text())
        url = f"http://127.0.0.1:{daemon['control']}/sandbox/calls?since={since}"
        request = urllib.request.Request(url, headers={"X-Sandbox-Token": daemon["token"]})
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - http, loopback
            return list(json.load(answer))

    def _newest(self) -> int:
        """The number of the newest call."""
        self._call = max((call["n"] for call in self.calls(self._call)), default=self._call)
        return self._call

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a process that has entered the sandbox as the account's user."""
        if not self._environ:
            self._environ = json.loads(self._sandbox("env", "--json"))
            # Real buckets have host names; the sandbox's S3 is one address.
            backend = f"s3://{STATE_BUCKET}?region={PLACE.region}&awssdk=v2&use_path_style=true"
            self._environ["PULUMI_BACKEND_URL"] = backend
            self._environ.pop("PULUMI_CONFIG_PASSPHRASE")
        return self._environ

    _environ: dict[str, str] = field(default_factory=dict)
    _config: dict[str, Any] = field(default_factory=dict)

    def _profile(self, role: str) -> dict[str, str]:
        """An environment in which the profile that the stack names is the role's, as `.ci/aws-profile` makes it."""
        arn = f"arn:aws:iam::{PLACE.account}:role/{role}"
        keys = self.administrator("sts").assume_role(RoleArn=arn, RoleSessionName="ci-17")["Credentials"]
        credentials = self.folder / f"{role}.credentials"
        credentials.write_text(
            f"[{PLACE.environment}]\naws_access_key_id = {keys['AccessKeyId']}\n"
            f"aws_secret_access_key = {keys['SecretAccessKey']}\naws_session_token = {keys['SessionToken']}\n"
        )
        credentials.chmod(0o600)
        return self.environ | {
            "AWS_PROFILE": PLACE.environment,
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        }

    def _sandbox(self, *command: str) -> str:
        home = str(self.folder / "sandbox")
        environ = {**os.environ, "SANDBOX_HOME": home, "SANDBOX_DELAYS": self.delays}
        return self._run("sandbox", environ, ROOT, ("sandbox", *command))

    def _run(
        self,
        who: str,
        environ: Mapping[str, str],
        where: Path,
        command: Sequence[str],
        allowed: Sequence[int] = (0,),
    ) -> str:
        own = BIN / command[0]
        done = subprocess.run(
            [str(own) if own.exists() else command[0], *command[1:]],
            cwd=where,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in allowed:
            raise FlowError(
                f"as {who}, `{' '.join(command)}` ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout


def _client(environ: Mapping[str, str], service: str) -> Any:
    core = botocore.session.Session(profile=PLACE.environment)
    core.set_config_variable("config_file", environ["AWS_CONFIG_FILE"])
    core.set_config_variable("credentials_file", environ["AWS_SHARED_CREDENTIALS_FILE"])
    session: Any = boto3.Session(botocore_session=core)  # its types know each service by a literal
    return session.client(service)
