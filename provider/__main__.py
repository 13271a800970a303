"""The plugin process that Pulumi starts."""

from provider.delivery import VERSION, ModelDelivery
from provider.plugin import serve

serve(ModelDelivery, VERSION)
