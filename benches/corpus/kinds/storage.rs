//! Objects, tables, queues, streams and databases.

use super::super::kind::{
    AUDIT, CONSOLE, DEPLOY, HANDS, Kind, LINKED, PARTNER, READERS, SERVICE, WORKLOAD,
};

const BUCKET: &[(&str, &str)] = &[("AWS::S3::Bucket", "arn:aws:s3:::<bucket>")];
const OBJECT: &[(&str, &str)] = &[
    ("AWS::S3::Object", "arn:aws:s3:::<bucket>/<object>"),
    ("AWS::S3::Bucket", "arn:aws:s3:::<bucket>"),
];
const TABLE: &[(&str, &str)] =
    &[("AWS::DynamoDB::Table", "arn:aws:dynamodb:<region>:<account>:table/<table>")];
const HOST: &str = r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"}"#;
const GET: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"SSEApplied":"SSE_KMS","AuthenticationMethod":"AuthHeader","x-amz-id-2":"<base64:76>","bytesTransferredOut":<below:900000>}"#;
const PUT: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<below:900000>,"SSEApplied":"Default_SSE_S3","AuthenticationMethod":"AuthHeader","x-amz-id-2":"<base64:76>","bytesTransferredOut":0}"#;

/// The table.
pub(crate) const KINDS: &[Kind] = &[
    Kind::read(WORKLOAD | PARTNER, 60, "s3", "GetObject")
        .data()
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}"#)
        .adds(GET)
        .on(OBJECT)
        .fails(25, "NoSuchKey", "The specified key does not exist."),
    Kind::write(WORKLOAD | SERVICE, 40, "s3", "PutObject")
        .data()
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>","x-amz-server-side-encryption":"AES256"}"#)
        .answers(r#"{"x-amz-server-side-encryption":"AES256"}"#)
        .adds(PUT)
        .on(OBJECT),
    Kind::read(WORKLOAD, 20, "s3", "HeadObject")
        .data()
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}"#)
        .adds(GET)
        .on(OBJECT)
        .fails(120, "NoSuchKey", "The specified key does not exist."),
    Kind::read(WORKLOAD, 14, "s3", "ListObjects")
        .data()
        .asks(r#"{"list-type":"2","bucketName":"<bucket>","prefix":"<prefix>","Host":"<bucket>.s3.<region>.amazonaws.com","max-keys":"1000"}"#)
        .adds(GET)
        .on(BUCKET),
    Kind::write(WORKLOAD, 6, "s3", "DeleteObject")
        .data()
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}"#)
        .adds(PUT)
        .on(OBJECT),
    Kind::write(WORKLOAD, 4, "s3", "CopyObject")
        .data()
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","x-amz-copy-source":"<bucket>/<object>","key":"<object>"}"#)
        .adds(PUT)
        .on(OBJECT),
    Kind::write(WORKLOAD, 4, "s3", "CompleteMultipartUpload")
        .data()
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","uploadId":"<base64:64>","key":"<object>"}"#)
        .adds(PUT)
        .on(OBJECT),
    Kind::read(SERVICE | READERS | LINKED, 12, "s3", "GetBucketAcl")
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","acl":""}"#)
        .adds(GET)
        .on(BUCKET),
    Kind::read(READERS, 8, "s3", "ListBuckets").asks(r#"{"Host":"s3.<region>.amazonaws.com"}"#).adds(GET),
    Kind::read(READERS, 8, "s3", "GetBucketLocation")
        .asks(r#"{"bucketName":"<bucket>","location":"","Host":"s3.<region>.amazonaws.com"}"#)
        .adds(GET)
        .on(BUCKET),
    Kind::read(READERS, 6, "s3", "GetBucketPolicy")
        .asks(r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","policy":""}"#)
        .adds(GET)
        .on(BUCKET)
        .fails(250, "NoSuchBucketPolicy", "The bucket policy does not exist"),
    Kind::read(READERS, 6, "s3", "GetBucketPolicyStatus").asks(HOST).adds(GET).on(BUCKET)
        .fails(250, "NoSuchBucketPolicy", "The bucket policy does not exist"),
    Kind::read(READERS, 6, "s3", "GetBucketVersioning").asks(HOST).adds(GET).on(BUCKET),
    Kind::read(READERS, 6, "s3", "GetBucketPublicAccessBlock").asks(HOST).adds(GET).on(BUCKET)
        .fails(150, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
    Kind::read(READERS, 6, "s3", "GetBucketEncryption").asks(HOST).adds(GET).on(BUCKET),
    Kind::read(READERS, 5, "s3", "GetBucketTagging").asks(HOST).adds(GET).on(BUCKET)
        .fails(300, "NoSuchTagSet", "The TagSet does not exist"),
    Kind::read(DEPLOY | AUDIT, 5, "s3", "GetBucketLogging").asks(HOST).adds(GET).on(BUCKET),
    Kind::read(DEPLOY | AUDIT, 5, "s3", "GetBucketLifecycle").asks(HOST).adds(GET).on(BUCKET)
        .fails(300, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    Kind::read(DEPLOY | AUDIT, 4, "s3", "GetBucketReplication").asks(HOST).adds(GET).on(BUCKET)
        .fails(700, "ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    Kind::read(DEPLOY | AUDIT, 4, "s3", "GetBucketWebsite").asks(HOST).adds(GET).on(BUCKET)
        .fails(800, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    Kind::read(DEPLOY, 4, "s3", "GetAccelerateConfiguration").asks(HOST).adds(GET).on(BUCKET),
    Kind::read(DEPLOY, 4, "s3", "GetBucketCors").asks(HOST).adds(GET).on(BUCKET)
        .fails(700, "NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    Kind::write(HANDS, 1, "s3", "PutBucketPolicy")
        .asks(r#"{"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"TlsOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::<bucket>","arn:aws:s3:::<bucket>/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]},"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","policy":""}"#)
        .adds(PUT)
        .on(BUCKET),
    Kind::write(HANDS, 1, "s3", "PutBucketLifecycle")
        .asks(r#"{"LifecycleConfiguration":{"Rule":[{"ID":"expire","Status":"Enabled","Filter":{"Prefix":"tmp/"},"Expiration":{"Days":30}}]},"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","lifecycle":""}"#)
        .adds(PUT)
        .on(BUCKET),
    Kind::write(DEPLOY | CONSOLE, 1, "s3", "CreateBucket")
        .asks(r#"{"CreateBucketConfiguration":{"LocationConstraint":"<region>","xmlns":"http://s3.amazonaws.com/doc/2006-03-01/"},"bucketName":"<bucket>","Host":"s3.<region>.amazonaws.com"}"#)
        .adds(PUT)
        .on(BUCKET)
        .fails(60, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."),

    Kind::read(WORKLOAD, 22, "dynamodb", "GetItem")
        .data()
        .asks(r#"{"tableName":"<table>","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"consistentRead":false}"#)
        .on(TABLE),
    Kind::read(WORKLOAD, 16, "dynamodb", "Query")
        .data()
        .asks(r#"{"tableName":"<table>","indexName":"by-date","keyConditionExpression":"pk = :pk AND sk BETWEEN :from AND :to","limit":50,"scanIndexForward":false}"#)
        .on(TABLE),
    Kind::write(WORKLOAD, 14, "dynamodb", "PutItem")
        .data()
        .asks(r#"{"tableName":"<table>","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"items":["pk","sk","state","updatedAt"]}"#)
        .on(TABLE),
    Kind::write(WORKLOAD, 10, "dynamodb", "UpdateItem")
        .data()
        .asks(r#"{"tableName":"<table>","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"conditionExpression":"attribute_exists(pk)","returnValues":"ALL_NEW"}"#)
        .on(TABLE)
        .fails(40, "ConditionalCheckFailedException", "The conditional request failed"),
    Kind::read(READERS | LINKED | WORKLOAD, 10, "dynamodb", "DescribeTable").asks(r#"{"tableName":"<table>"}"#).on(TABLE)
        .fails(20, "ResourceNotFoundException", "Requested resource not found: Table: <table> not found"),
    Kind::read(READERS, 5, "dynamodb", "ListTables").asks(r#"{"limit":100}"#),
    Kind::read(DEPLOY | AUDIT, 5, "dynamodb", "DescribeContinuousBackups").asks(r#"{"tableName":"<table>"}"#).on(TABLE),
    Kind::read(DEPLOY, 4, "dynamodb", "DescribeTimeToLive").asks(r#"{"tableName":"<table>"}"#).on(TABLE),
    Kind::read(LINKED, 6, "dynamodb", "DescribeStream")
        .asks(r#"{"streamArn":"arn:aws:dynamodb:<region>:<account>:table/<table>/stream/2026-01-12T09:14:21.101","limit":100}"#),

    Kind::read(READERS | LINKED, 9, "rds", "DescribeDBInstances").asks(r#"{"dBInstanceIdentifier":"<database>"}"#)
        .fails(10, "DBInstanceNotFound", "DBInstance <database> not found."),
    Kind::read(READERS, 5, "rds", "DescribeDBClusters").asks(r#"{"maxRecords":100}"#),
    Kind::read(READERS, 4, "rds", "DescribeDBSnapshots").asks(r#"{"dBInstanceIdentifier":"<database>","snapshotType":"automated","includeShared":false,"includePublic":false}"#),
    Kind::read(DEPLOY | AUDIT, 4, "rds", "ListTagsForResource").asks(r#"{"resourceName":"arn:aws:rds:<region>:<account>:db:<database>"}"#),
    Kind::write(SERVICE | LINKED, 1, "rds", "CreateDBSnapshot")
        .asks(r#"{"dBSnapshotIdentifier":"<database>-nightly-<below:9999>","dBInstanceIdentifier":"<database>"}"#)
        .answers(r#"{"dBSnapshotIdentifier":"<database>-nightly","dBInstanceIdentifier":"<database>","engine":"postgres","allocatedStorage":200,"status":"creating","port":5432,"availabilityZone":"<region>a","instanceCreateTime":"<date>","masterUsername":"app","engineVersion":"16.4","licenseModel":"postgresql-license","snapshotType":"manual","percentProgress":0,"storageType":"gp3","encrypted":true,"kmsKeyId":"arn:aws:kms:<region>:<account>:key/<cmk>","dBSnapshotArn":"arn:aws:rds:<region>:<account>:snapshot:<database>-nightly","iAMDatabaseAuthenticationEnabled":false}"#),

    Kind::read(READERS | WORKLOAD, 6, "sqs", "GetQueueAttributes")
        .asks(r#"{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","attributeNames":["All"]}"#)
        .fails(20, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
    Kind::read(READERS, 3, "sqs", "ListQueues").asks(r#"{"maxResults":1000}"#),
    Kind::write(WORKLOAD, 8, "sqs", "SendMessage")
        .data()
        .asks(r#"{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .answers(r#"{"mD5OfMessageBody":"<hex:32>","messageId":"<uuid>"}"#)
        .on(&[("AWS::SQS::Queue", "arn:aws:sqs:<region>:<account>:<queue>")]),
    Kind::read(READERS, 4, "sns", "GetTopicAttributes").asks(r#"{"topicArn":"arn:aws:sns:<region>:<account>:<topic>"}"#),
    Kind::read(READERS, 3, "sns", "ListSubscriptionsByTopic").asks(r#"{"topicArn":"arn:aws:sns:<region>:<account>:<topic>"}"#),
    Kind::write(WORKLOAD, 6, "sns", "Publish")
        .data()
        .asks(r#"{"topicArn":"arn:aws:sns:<region>:<account>:<topic>","message":"HIDDEN_DUE_TO_SECURITY_REASONS","messageStructure":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .answers(r#"{"messageId":"<uuid>"}"#)
        .on(&[("AWS::SNS::Topic", "arn:aws:sns:<region>:<account>:<topic>")]),
    Kind::read(LINKED | WORKLOAD, 5, "kinesis", "DescribeStreamSummary").asks(r#"{"streamName":"<stream>"}"#),
    Kind::read(READERS, 2, "firehose", "DescribeDeliveryStream").asks(r#"{"deliveryStreamName":"<delivery>"}"#),
    Kind::read(LINKED | CONSOLE, 2, "glue", "GetTable").asks(r#"{"catalogId":"<account>","databaseName":"analytics","name":"<table>"}"#),
    Kind::read(WORKLOAD | CONSOLE, 5, "glue", "GetPartitions")
        .asks(r#"{"catalogId":"<account>","databaseName":"analytics","tableName":"<table>","expression":"day >= '2026-03-01'","maxResults":1000}"#),
    Kind::write(WORKLOAD | CONSOLE, 4, "athena", "StartQueryExecution")
        .asks(r#"{"queryString":"HIDDEN_DUE_TO_SECURITY_REASONS","queryExecutionContext":{"database":"analytics","catalog":"AwsDataCatalog"},"resultConfiguration":{"outputLocation":"s3://<bucket>/athena/"},"workGroup":"primary","clientRequestToken":"<uuid>"}"#)
        .answers(r#"{"queryExecutionId":"<uuid>"}"#),
    Kind::read(WORKLOAD | CONSOLE, 6, "athena", "GetQueryExecution").asks(r#"{"queryExecutionId":"<uuid>"}"#),
    Kind::read(READERS, 3, "elasticfilesystem", "DescribeFileSystems").asks(r#"{"maxItems":100}"#),
    Kind::read(READERS, 2, "elasticache", "DescribeCacheClusters").asks(r#"{"showCacheNodeInfo":true,"maxRecords":100}"#),
    Kind::read(LINKED, 4, "backup", "DescribeBackupJob").asks(r#"{"backupJobId":"<uuid>"}"#),
];
