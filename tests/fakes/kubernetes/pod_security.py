"""The rules of the restricted Pod Security standard that concern what our pods contain."""

from __future__ import annotations

from tests.fakes.kubernetes.pod_processes import Json


def violations(pod: Json) -> list[str]:
    spec = pod["spec"]
    found = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    general = spec.get("securityContext", {})
    if general.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        found.append("seccompProfile")
    if not general.get("runAsNonRoot") or general.get("runAsUser") == 0:
        found.append("runAsNonRoot")
    if any(set(volume) - {"name"} - {"emptyDir", "configMap", "secret", "projected"} for volume in spec["volumes"]):
        found.append("restricted volume types")
    for container in spec["containers"]:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            found.append("allowPrivilegeEscalation")
        if own.get("capabilities", {}).get("drop") != ["ALL"] or set(own["capabilities"].get("add", ())) - {
            "NET_BIND_SERVICE"
        }:
            found.append("unrestricted capabilities")
        if own.get("runAsUser") == 0 or own.get("runAsNonRoot") is False:
            found.append("runAsNonRoot")
        if own.get("privileged") or any(port.get("hostPort") for port in container.get("ports", ())):
            found.append("privileged")
    return found
