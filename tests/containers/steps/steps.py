"""Steps of a training pipeline that do next to nothing: files where a pipeline needs some, verdicts that pass, a registration.

A featurization until 2013-12 fails, one until 2013-11 takes long.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
SAMPLE = [{"content_type": "text/csv", "body": "row"}]
LONG = 120  # seconds


def main(step, given):
    if step == "train":
        leave(BASE / "model", "behaviour.json", {"name": "trained"})
        leave(BASE / "model", "samples.json", SAMPLE)
    elif step == "register":
        sys.exit(subprocess.run(registration(given), check=False).returncode)
    elif step == "featurize":
        until = given[given.index("--until") + 1]
        if until == "2013-11":
            time.sleep(LONG)
        if until == "2013-12":
            leave(BASE / "output", "message", f"there is no month {until}")
            sys.exit(1)
        for name in ("training", "evaluation"):
            leave(output(name), "examples.json", [])
    else:
        name = {"validate": "validation", "evaluate": "evaluation"}[step]
        leave(output(name), f"{name}.json", report() if step == "evaluate" else {})
        leave(output("verdict"), "verdict.json", {"outcome": "passed", "sentence": ""})


def output(name):
    return BASE / "processing" / "output" / name


def archive():
    return BASE / "processing" / "input" / "model" / "model.tar.gz"


def report():
    digest = "sha256:" + hashlib.sha256(archive().read_bytes()).hexdigest()
    gates = [{"name": "size", "verdict": "passed"}]
    return {"schema": 1, "challenger": {"digest": digest}, "passed": True, "reason": "", "gates": gates}


def registration(given):
    evaluation = BASE / "processing" / "input" / "evaluation" / "evaluation.json"
    command = (sys.executable, "-m", "modeldelivery.release.cli", "register")
    return [*command, *given, "--artifact", str(archive()), "--evaluation", str(evaluation)]


def leave(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))


main(sys.argv[1], sys.argv[2:])
