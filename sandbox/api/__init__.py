"""AWS's own description of its calls (botocore's models): what a request holds, and whether AWS would take it."""
