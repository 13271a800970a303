"""Processes that are started, told to stop, and kept from what is their parent's."""

import subprocess
import sys
import textwrap

DEADLINE = 120.0  # seconds for a program here


def run(program, *arguments):
    """Output and errors of a program that supervises; none of its processes is left."""
    with subprocess.Popen(
        [
            "timeout",
            "--kill-after=1",
            str(DEADLINE),
            sys.executable,
            "-c",
            textwrap.dedent(program),
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        output, errors = process.communicate()
    return process.returncode, output, errors


def test_a_signal_between_two_forks_ends_all_of_them():
    status, output, _ = run(
        """
        import os, signal, sys, time
        from pipelines.server import workers

        mask, blocked = signal.pthread_sigmask, []

        def told_before_the_second(how, signals):
            if how == signal.SIG_BLOCK:
                blocked.append(how)
                if len(blocked) == 2:
                    os.kill(os.getpid(), signal.SIGTERM)
            return mask(how, signals)

        signal.pthread_sigmask = told_before_the_second
        sys.exit(workers.supervise(2, lambda: time.sleep(60)))
        """
    )
    assert (status, output) == (0, "")


def test_a_worker_that_fails_is_logged_and_leaves_the_folder_that_all_share(tmp_path):
    status, output, errors = run(
        """
        import os, pathlib, signal, sys, tempfile, time
        from pipelines.server import workers

        workers.PAUSE_SECONDS = 0.01
        failed = pathlib.Path(sys.argv[1], "failed")
        with tempfile.TemporaryDirectory() as shared:
            def work():
                if not failed.exists():
                    failed.touch()
                    raise ValueError("not today")
                print("there" if os.path.isdir(shared) else "gone", flush=True)
                os.kill(os.getppid(), signal.SIGTERM)
                time.sleep(60)

            sys.exit(workers.supervise(1, work))
        """,
        str(tmp_path),
    )
    assert (status, output) == (0, "there\n")
    assert "ValueError: not today" in errors
