"""A reviewed plan as a file."""

import json
from pathlib import Path

from sealift.errors.plan import PlanFileError
from sealift.model.plan import Plan
from sealift.planning.plan_file import plan_from_dict, plan_to_dict


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan; raises PlanFileError."""
    text = json.dumps(plan_to_dict(plan), indent=2) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PlanFileError(file=str(path), problem=error.strerror or str(error)) from error


def read_plan(path: Path) -> Plan:
    """Read a plan; raises PlanFileError when it is none."""
    try:
        return plan_from_dict(json.loads(path.read_text(encoding="utf-8")))
    except PlanFileError as error:
        error.file = str(path)
        raise
    except OSError as error:
        raise PlanFileError(file=str(path), problem=error.strerror or str(error)) from error
    except ValueError as error:
        raise PlanFileError(file=str(path), problem=str(error)) from error
