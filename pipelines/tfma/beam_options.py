"""Beam's options, as given: those that it does not know are refused, where Beam would leave them out."""

import contextlib
import io
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.runner import create_runner

# Beam's own default fetches a program from a registry of containers or of releases; this one is in the package.
DEFAULT_RUNNER = "apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"


class BadOptionsError(ValueError):
    """A runner that there is not, or an option that neither Beam nor the runner has."""


def parse(given: Sequence[str]) -> PipelineOptions:
    """Options as on Beam's command line.

    Raises:
        BadOptionsError: see there.
    """
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            options = PipelineOptions(list(given))
            standard = options.view_as(StandardOptions)
            standard.runner = standard.runner or DEFAULT_RUNNER
            create_runner(standard.runner)  # whose module brings the runner's own options
            taken = options.get_all_options()
            unknown = options.get_all_options(retain_unknown_options=True).keys() - taken.keys()
    except SystemExit as error:
        raise BadOptionsError(complaint.getvalue().strip().splitlines()[-1]) from error
    except (ValueError, ImportError, AttributeError) as error:
        raise BadOptionsError(f"runner {standard.runner}: {error}") from error
    if unknown:
        raise BadOptionsError(
            f"{', '.join(sorted(unknown))}: neither Apache Beam nor the runner {standard.runner} has such an option"
        )
    return options
