"""The plugin process that Pulumi starts."""

from modeldelivery.plugin.process import serve
from modeldelivery.provider.delivery import VERSION, ModelDelivery

serve(ModelDelivery, VERSION)
