"""Types that a rule or a judge asks for by name."""

ENDPOINT = "modeldelivery:index:Endpoint"
ROUTE = "modeldelivery:index:Route"
ENDPOINTS = (ENDPOINT, ROUTE)  # what serves versions, on either target

MODEL = "aws:sagemaker/model:Model"
PIPELINE = "aws:sagemaker/pipeline:Pipeline"
PACKAGE_GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
SCHEDULE = "aws:scheduler/schedule:Schedule"
SCALING_TARGET = "aws:appautoscaling/target:Target"

KEY = "aws:kms/key:Key"
REPOSITORY = "aws:ecr/repository:Repository"
FUNCTION_PERMISSION = "aws:lambda/permission:Permission"

BUCKET = "aws:s3/bucket:Bucket"
BUCKETS = (BUCKET, "aws:s3/bucketV2:BucketV2")  # pulumi-aws deprecates the V2 names, and goes on taking them
BUCKET_ENCRYPTIONS = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
