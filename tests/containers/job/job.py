"""A job that does what its arguments, or its hyperparameters, say.

copy IN OUT           every file of input IN into output OUT, after its name
say TEXT              print it
end STATUS MESSAGE    end with a status, after telling why
wait SECONDS          sleep
look NAME PORT        environment, and whether it can connect to PORT, as JSON, into output NAME
"""

import json
import os
import shutil
import socket
import sys
import time
from pathlib import Path

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def main(arguments):
    if arguments[:1] == ["train"]:
        given = json.loads((BASE / "input/config/hyperparameters.json").read_text())
        train(given)
        return
    while arguments:
        act, *arguments = arguments
        if act == "copy":
            source, target, *arguments = arguments
            for path in sorted((BASE / "processing/input" / source).iterdir()):
                shutil.copy(path, BASE / "processing/output" / target)
                print("copied", path.name)
        elif act == "say":
            text, *arguments = arguments
            print(text)
        elif act == "end":
            status, message, *arguments = arguments
            (BASE / "output/message").write_text(message)
            sys.exit(int(status))
        elif act == "wait":
            seconds, *arguments = arguments
            time.sleep(float(seconds))
        elif act == "look":
            name, port, *arguments = arguments
            (BASE / "processing/output" / name / "look.json").write_text(json.dumps(look(int(port))))


def train(given):
    if "failure" in given:
        (BASE / "output/failure").write_text(given["failure"])
        sys.exit(1)
    names = sorted(path.name for path in (BASE / "input/data/training").iterdir())
    (BASE / "model" / "model.json").write_text(json.dumps({"files": names, "given": given}))


def look(port):
    with socket.socket() as probe:
        reached = probe.connect_ex(("127.0.0.1", port)) == 0
    return {"names": sorted(os.environ), "reached": reached}


main(sys.argv[1:])
