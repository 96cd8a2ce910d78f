# SPDX-License-Identifier: MIT
"""Services made of an OCI image by umoci from a Debian tree, and of the same as skopeo's docker-archive: they start by
the image's own entrypoint, environment, user and working folder, and answer."""
import pytest

import oci_image

IMAGE = "oci"

pytestmark = pytest.mark.skipif(not oci_image.can(), reason="mmdebstrap, umoci or skopeo is missing")


@pytest.fixture(scope="module", autouse=True)
def images():
    oci_image.layout()
    oci_image.archive("docker-archive", "docker.tar")


def test_the_images_own_configuration_runs_it(machine, images):
    machine.wait_line("ingot: service app: ready in [0-9]+ ms$", timeout=60)
    assert machine.ok("wget -qO- http://127.0.0.1:8080/") == "hello /srv/app 4711:4712 False"


def test_the_services_own_keys_hold(machine, images):
    machine.wait_line("ingot: service own: ready in [0-9]+ ms$", timeout=60)
    assert machine.ok("wget -qO- http://127.0.0.1:8081/") == "good day /usr/lib 4711:4712 False"


def test_a_service_starts_in_its_folder(machine, images):
    machine.until("ingotctl logs place", lambda text: text == "/made")
