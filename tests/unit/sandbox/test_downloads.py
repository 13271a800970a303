from urllib.parse import urlencode

import pytest

from sandbox.api.request import Request
from sandbox.downloads import PATH, Downloads
from sandbox.image.build import Blobs


@pytest.mark.parametrize("signature", ["", "0" * 64, "\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{SNOWMAN}"])
def test_a_url_with_another_signature_is_refused_whatever_it_is_written_in(tmp_path, signature):
    downloads = Downloads(None, Blobs(tmp_path))
    query = urlencode({"until": "9999999999", "signature": signature})
    request = Request("GET", f"{PATH}sha256:{'a' * 64}", query, {}, b"")
    assert downloads.download(request).status == 403
