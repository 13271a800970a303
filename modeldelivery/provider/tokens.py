"""Types of the resources that this provider has."""

ENDPOINT = "modeldelivery:index:Endpoint"
ROUTE = "modeldelivery:index:Route"
