"""`python -m sandbox.pulumi_aws ENGINE`: the plugin process."""

from modeldelivery.plugin.process import serve
from sandbox.pulumi_aws.provider import VERSION, Aws

serve(Aws, VERSION)
