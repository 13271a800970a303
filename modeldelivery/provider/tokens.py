"""Types of the resources that this provider has, and a function of which nothing else is loaded before it is called."""

ENDPOINT = "modeldelivery:index:Endpoint"
ROUTE = "modeldelivery:index:Route"
GET_CLUSTER = "modeldelivery:index:getCluster"
