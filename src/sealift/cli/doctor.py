"""The verb doctor: what would stop an upgrade."""

from sealift.assembly.diagnosis import Grade, diagnose
from sealift.cli.verb import Call, verb


@verb()
def doctor(call: Call) -> int:
    """Show isolation level, keys, store and packs: what would stop an upgrade; exits 1 if something would."""
    with call.manager() as manager:
        symptoms = list(diagnose(call.settings(), manager.inventory))
    lines = []
    for symptom in symptoms:
        lines.append(f"{symptom.grade.value:8} {symptom.subject}: {symptom.found}")
        if symptom.hint:
            lines.append(f"         to fix  {symptom.hint}")
    shape = [
        {"subject": item.subject, "grade": item.grade.value, "found": item.found, "hint": item.hint}
        for item in symptoms
    ]
    stops = any(item.grade is Grade.STOPS for item in symptoms)
    call.render.result({"symptoms": shape}, "\n".join(lines), ok=not stops)
    return 1 if stops else 0
