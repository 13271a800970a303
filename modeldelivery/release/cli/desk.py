"""What a command works with, and how it gets it on AWS."""

import argparse
import os
import secrets
import sys
import time

import msgspec

from modeldelivery.release.actor import actor
from modeldelivery.release.aws.hosting import SageMakerHosting
from modeldelivery.release.aws.journal import S3Journal
from modeldelivery.release.aws.registry import Clients
from modeldelivery.release.aws.registry import Registry as AwsRegistry
from modeldelivery.release.aws.session import connect
from modeldelivery.release.cli.outcome import Call
from modeldelivery.release.cli.progress import Console
from modeldelivery.release.cli.rehearsal import Rehearsal
from modeldelivery.release.conduct import Conductor
from modeldelivery.release.naming import Place
from modeldelivery.release.operations.register import Registry
from modeldelivery.release.operations.unrecorded import TaggedHosting
from modeldelivery.release.ports import Clock, JournalStore, Progress


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One command's world.

    Attributes:
        patience: seconds that it may wait for SageMaker.
        operation: id of this run, which everything that it records carries.
        calls: AWS calls of a dry run, as they would be made; None when it is none.
    """

    place: Place
    store: JournalStore
    hosting: TaggedHosting
    registry: Registry
    clock: Clock
    progress: Progress
    actor: str
    operation: str
    patience: float
    calls: list[Call] | None = None

    def conductor(self, store: JournalStore | None = None) -> Conductor:
        return Conductor(
            store=store or self.store,
            hosting=self.hosting,
            clock=self.clock,
            progress=self.progress,
            patience=self.patience,
        )


def open_desk(options: argparse.Namespace) -> Desk:
    """The environment that the command line names. Raises UnreachableError."""
    connection = connect(options.model, options.env, profile=options.profile)
    clients: Clients = connection
    clock: Clock = time
    calls: list[Call] | None = None
    if options.dry_run:
        clients = clock = rehearsal = Rehearsal(connection, time)
        calls = rehearsal.calls
    place = connection.place
    return Desk(
        place=place,
        store=S3Journal(
            s3=clients.s3, bucket=place.registry_bucket, key=place.journal_key, account=place.account
        ),
        hosting=SageMakerHosting(sagemaker=clients.sagemaker, name=place.endpoint),
        registry=AwsRegistry(clients=clients, place=place),
        clock=clock,
        progress=Console(sys.stderr, rehearsed=options.dry_run),
        actor=options.actor or actor(os.environ),
        operation=secrets.token_hex(8),
        patience=options.timeout,
        calls=calls,
    )
