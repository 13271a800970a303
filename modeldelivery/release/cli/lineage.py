"""`modelctl lineage`: where a version comes from, and what of that is missing."""

import msgspec

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Lineage as LineageOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core import lineage
from modeldelivery.release.core.lineage import Link
from modeldelivery.release.operations.lineage import gather, serving
from modeldelivery.release.version import Version
from modeldelivery.terminal.tables import Table


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints. `missing`: how many links are not there."""

    environment: str
    version: Version
    missing: int
    links: tuple[Link, ...]


def run(context: Context, options: LineageOptions) -> Shown:
    """Raises RefusedError where no version serves and none is named."""
    assert context.training is not None
    version = options.version or serving(context.store, context.traffic)
    facts = gather(
        context.place,
        version,
        store=context.store,
        registry=context.registry,
        traffic=context.traffic,
        training=context.training(),
    )
    links = lineage.links(facts)
    document = Lineage(
        environment=context.place.environment,
        version=version,
        missing=sum(bool(link.missing) for link in links),
        links=links,
    )
    table = Table(
        headings=("what", "which", "about"),
        rows=[_row(link) for link in links],
        colours=["yellow" if link.missing else "" for link in links],
    )
    return Shown(document=document, parts=(f"{version} of {context.place.environment}", table))


def _row(link: Link) -> tuple[str, ...]:
    return link.kind, link.name, f"missing: {link.missing}" if link.missing else link.about
