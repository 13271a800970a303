"""A data set of the months that a training needs, from the folder that DVC keeps.

python -m pipelines.assemble --model flights --first 2013-01 --until 2013-03 --out build/dataset

`data/<table>/<month>.csv` of every table of the model: the months that train, and the one after them, which judges.
"""

import argparse
import shutil
import sys
from pathlib import Path

from pipelines import dataset
from pipelines.dataset import BadDataError, Manifest, Table
from pipelines.months import Month, between, check_order, parse_month
from pipelines.recipe import BadRecipeError, find


def assemble(data: Path, tables: tuple[Table, ...], first: Month, until: Month, out: Path) -> Manifest:
    """Write the data set into `out`, whole or not at all.

    Raises:
        BadDataError: a month of a table is missing, or the last is before the first.
    """
    check_order(first, until)
    paths = [f"{table.name}/{month}.csv" for table in tables for month in between(first, until.following)]
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        manifest = dataset.write(partial, {path: _content(data / path) for path in paths})
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        pointer = path.with_name(f"{path.name}.dvc")
        what = (
            f"`dvc pull {pointer}` gets it"
            if pointer.exists()
            else f"nor is there a {pointer.name}: add the month first"
        )
        raise BadDataError(f"{path} is not here; {what}") from error


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.assemble", description="Assemble a data set.")
    parser.add_argument("--model", required=True, metavar="NAME", help="whose tables are read")
    parser.add_argument("--first", required=True, metavar="YYYY-MM", help="the first month to train on")
    parser.add_argument("--until", required=True, metavar="YYYY-MM", help="the last; the one after it judges")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="(default data)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="for the data set")
    options = parser.parse_args(arguments)
    try:
        recipe = find(options.model)
        manifest = assemble(
            options.data, recipe.tables, parse_month(options.first), parse_month(options.until), options.out
        )
    except (BadDataError, BadRecipeError) as error:
        print(f"assemble: {error}", file=sys.stderr)
        return 1
    print(f"{len(manifest.files)} files, {manifest.revision}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
