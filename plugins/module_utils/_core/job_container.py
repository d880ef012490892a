# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a file is gone once the container of a job is: in AWX, and wherever ansible-runner uses a container."""

from __future__ import annotations

import re
from collections.abc import Mapping

# The container's own layer and what lies in memory; podman's mount option O puts an overlay over a folder of the host,
# which is thrown away (https://docs.podman.io/en/latest/markdown/podman-run.1.html).
_FLEETING_TYPES = ("overlay", "fuse.fuse-overlayfs", "tmpfs", "ramfs")
# A pod's scratch folder, as the kubelet names it (https://kubernetes.io/docs/concepts/storage/volumes/#emptydir).
_SCRATCH = "kubernetes.io~empty-dir"
# Where ansible-runner mounts the job's own folder, which AWX deletes after the job.
_RUNNER = "/runner"


def is_in_job(environment: Mapping[str, str]) -> bool:
    """Whether this is a job in an execution environment. AWX sets the first variable in each job, and runs each in a
    container; ansible-runner sets the second, to a path of the container where it uses one
    (awx/main/tasks/jobs.py, ansible_runner/config/_base.py)."""
    in_runner = environment.get("AWX_ISOLATED_DATA_DIR", "").startswith(f"{_RUNNER}/")
    return in_runner or bool(environment.get("AWX_PRIVATE_DATA_DIR"))


def goes_with_job(path: str, environment: Mapping[str, str], mounts: str) -> bool:
    """Whether a file at ``path``, without links in it, is lost after the job. ``mounts`` is the text of
    /proc/self/mountinfo (https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html). A volume that somebody has
    mounted stays."""
    if not is_in_job(environment):
        return False
    point, root, kind = "/", "/", ""
    for line in mounts.splitlines():
        fields, _dash, rest = line.partition(" - ")
        _id, _parent, _device, its_root, its_point, *_options = fields.split(" ")
        its_point = _plain(its_point)
        # Of two mounts at one point, the later one is seen.
        if _is_below(path, its_point) and len(its_point) >= len(point):
            point, root, kind = its_point, its_root, rest.split(" ")[0]
    own = point == "/" or _is_below(point, _RUNNER) or _is_below(point, environment.get("AWX_PRIVATE_DATA_DIR", ""))
    return own or kind in _FLEETING_TYPES or _SCRATCH in root


def _is_below(path: str, folder: str) -> bool:
    return bool(folder) and f"{path}/".startswith(f"{folder.rstrip('/')}/")


def _plain(field: str) -> str:
    r"""A path of mountinfo, where blanks and the like are written as \040."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
