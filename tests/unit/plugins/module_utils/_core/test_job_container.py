# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is gone with a job's container, by the mounts that podman and Kubernetes show to it."""

from __future__ import annotations

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.job_container import goes_with_job

AWX = {"AWX_PRIVATE_DATA_DIR": "/tmp/awx_42_x1y2z3", "AWX_ISOLATED_DATA_DIR": "/runner/artifacts/42"}
NAVIGATOR = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/0c1a"}
WITHOUT_CONTAINER = {"AWX_ISOLATED_DATA_DIR": "/home/ops/job/artifacts/0c1a"}

ROOT = "512 400 0:52 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b"
OWN = "520 512 253:0 /tmp/awx_42_x1y2z3 /runner rw,relatime - xfs /dev/mapper/root rw"
OUT = "523 512 253:0 /srv/out /srv/out rw,relatime master:1 - xfs /dev/mapper/root rw"
SPACE = r"524 512 0:61 / /mnt/hand\040over rw,relatime shared:7 - nfs4 nas:/x rw"
MEMORY = "525 512 0:53 / /dev/shm rw,nosuid - tmpfs shm rw"
SCRATCH = "526 512 8:1 /var/lib/kubelet/pods/1-2/volumes/kubernetes.io~empty-dir/tmp /scratch rw - ext4 /dev/sda1 rw"
CLAIM = "527 512 8:16 / /claim rw - ext4 /dev/sdb rw"
OVER = "528 512 0:60 / /etc/pki rw,relatime - overlay overlay rw,lowerdir=/etc/pki,upperdir=/c"
IN_OUT = "529 523 0:70 / /srv/out/memory rw - tmpfs tmpfs rw"
MOUNTS = [ROOT, OWN, OUT, SPACE, MEMORY, SCRATCH, CLAIM, OVER, IN_OUT]

PATHS = [
    ("/runner/project/handover/jane.age", True),
    ("/home/runner/jane.age", True),
    ("/srv/out/jane.age", False),
    ("/srv/output/jane.age", True),
    ("/srv/out", False),
    ("/mnt/hand over/jane.age", False),
    ("/dev/shm/jane.age", True),
    ("/scratch/jane.age", True),
    ("/claim/a/b/jane.age", False),
    ("/etc/pki/jane.age", True),
    ("/srv/out/memory/jane.age", True),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
@pytest.mark.parametrize("environment", [AWX, NAVIGATOR], ids=["AWX", "ansible-navigator"])
def test_only_what_somebody_has_mounted_stays(path: str, environment: dict[str, str], expected: bool) -> None:
    for mounts in (MOUNTS, MOUNTS[::-1]):
        assert goes_with_job(path, environment, "\n".join(mounts)) is expected


@pytest.mark.parametrize("environment", [{}, WITHOUT_CONTAINER, {"AWX_PRIVATE_DATA_DIR": ""}])
def test_without_a_jobs_container_every_file_stays(environment: dict[str, str]) -> None:
    assert not goes_with_job("/runner/project/jane.age", environment, ROOT)


def test_a_disk_that_is_the_whole_root_is_the_containers_own() -> None:
    assert goes_with_job("/srv/jane.age", AWX, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw")
    assert goes_with_job("/srv/jane.age", AWX, "")


def test_of_two_mounts_at_one_point_the_later_one_counts() -> None:
    over = "530 523 0:71 / /srv/out rw - tmpfs tmpfs rw"
    assert goes_with_job("/srv/out/jane.age", AWX, "\n".join([ROOT, OUT, over]))
    assert not goes_with_job("/srv/out/jane.age", AWX, "\n".join([ROOT, over, OUT]))


def test_the_jobs_own_folder_on_a_disk_of_its_own_goes_too() -> None:
    own = "531 512 8:32 / /tmp/awx_42_x1y2z3 rw - ext4 /dev/sdc rw"
    assert goes_with_job("/tmp/awx_42_x1y2z3/project/jane.age", AWX, "\n".join([ROOT, own]))
