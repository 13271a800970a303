"""`python -m sandbox.aws ENGINE`: the plugin process."""

from provider.plugin import serve
from sandbox.aws.provider import VERSION, Aws

serve(Aws, VERSION)
