//! What keeps an account running: logs, metrics, agents, deployments, audit trails, bills.

use super::super::kind::{
    AGENT, AUDIT, CONSOLE, DEPLOY, HANDS, Kind, LINKED, READERS, ROOT, SHELL, WORKLOAD,
};

const STACK: &str = r#"{"stackName":"arn:aws:cloudformation:<region>:<account>:stack/<stack>/0aa1b2c3-1111-4222-8333-444455556666"}"#;

/// The table.
pub(crate) const KINDS: &[Kind] = &[
    Kind::write(WORKLOAD, 60, "logs", "CreateLogStream")
        .asks(r#"{"logGroupName":"<loggroup>","logStreamName":"2026/03/01/[$LATEST]<hex:32>"}"#)
        .fails(25, "ResourceAlreadyExistsException", "The specified log stream already exists"),
    Kind::write(WORKLOAD, 3, "logs", "CreateLogGroup").asks(r#"{"logGroupName":"<loggroup>"}"#)
        .fails(600, "ResourceAlreadyExistsException", "The specified log group already exists"),
    Kind::read(READERS | LINKED, 9, "logs", "DescribeLogGroups").asks(r#"{"logGroupNamePrefix":"<loggroup>","limit":50}"#),
    Kind::read(CONSOLE | WORKLOAD, 6, "logs", "DescribeLogStreams").asks(r#"{"logGroupName":"<loggroup>","orderBy":"LastEventTime","descending":true,"limit":50}"#),
    Kind::read(CONSOLE, 5, "logs", "FilterLogEvents").data()
        .asks(r#"{"logGroupName":"<loggroup>","startTime":<millis>,"filterPattern":"ERROR","limit":1000}"#),
    Kind::write(CONSOLE, 4, "logs", "StartQuery")
        .asks(r#"{"logGroupNames":["<loggroup>"],"startTime":<millis>,"endTime":<millis>,"queryString":"HIDDEN_DUE_TO_SECURITY_REASONS","limit":10000}"#)
        .answers(r#"{"queryId":"<uuid>"}"#),
    Kind::read(DEPLOY, 4, "logs", "ListTagsForResource").asks(r#"{"resourceArn":"arn:aws:logs:<region>:<account>:log-group:<loggroup>"}"#),
    Kind::write(DEPLOY, 1, "logs", "PutRetentionPolicy").asks(r#"{"logGroupName":"<loggroup>","retentionInDays":30}"#),

    Kind::write(AGENT, 100, "ssm", "UpdateInstanceInformation")
        .asks(r#"{"instanceId":"<instance>","agentVersion":"3.3.987.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"<address>","computerName":"<hostname>.<region>.compute.internal","agentName":"amazon-ssm-agent","availabilityZone":"<region>a","availabilityZoneId":"use1-az2","sSMConnectionChannel":"ssmmessages"}"#),
    Kind::read(AGENT, 20, "ssm", "ListInstanceAssociations").asks(r#"{"instanceId":"<instance>","maxResults":20}"#),
    Kind::write(AGENT, 12, "ssm", "UpdateInstanceAssociationStatus")
        .asks(r#"{"associationId":"<association>","instanceId":"<instance>","executionResult":{"executionDate":"<date>","status":"Success","detailedStatus":"Success","executionSummary":"1 out of 1 plugin processed, 1 success, 0 failed, 0 timedout, 0 skipped. ","errorCode":""}}"#)
        .answers("{}")
        .on(&[("AWS::SSM::Association", "arn:aws:ssm:<region>:<account>:association/<association>"), ("AWS::EC2::Instance", "arn:aws:ec2:<region>:<account>:instance/<instance>")]),
    Kind::write(AGENT, 10, "ssm", "PutInventory")
        .asks(r#"{"instanceId":"<instance>","items":[{"typeName":"AWS:InstanceInformation","schemaVersion":"1.0","captureTime":"<time>","contentHash":"<hex:32>"}]}"#),
    Kind::write(AGENT, 8, "ssm", "OpenDataChannel").asks(r#"{"messageSchemaVersion":"1.0","requestId":"<uuid>","clientId":"<uuid>"}"#),
    Kind::read(AGENT, 6, "ssm", "GetDeployablePatchSnapshotForInstance").asks(r#"{"instanceId":"<instance>","snapshotId":"<uuid>"}"#),
    Kind::read(AGENT, 8, "ec2", "DescribeTags").asks(r#"{"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"<instance>"}]}}]}}"#),
    Kind::read(AGENT, 8, "ec2", "DescribeVolumes").asks(r#"{"volumeSet":{},"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"<instance>"}]}}]}}"#),
    Kind::read(WORKLOAD | AGENT, 22, "ssm", "GetParameter").asks(r#"{"name":"<parameter>","withDecryption":true}"#)
        .on(&[("AWS::SSM::Parameter", "arn:aws:ssm:<region>:<account>:parameter<parameter>")])
        .fails(12, "ParameterNotFound", "Parameter <parameter> not found."),
    Kind::read(WORKLOAD, 12, "ssm", "GetParametersByPath").asks(r#"{"path":"/prod/","recursive":true,"withDecryption":true,"maxResults":10}"#),
    Kind::read(READERS, 4, "ssm", "DescribeParameters").asks(r#"{"maxResults":50,"parameterFilters":[{"key":"Path","option":"Recursive","values":["/prod"]}]}"#),
    Kind::read(READERS, 4, "ssm", "DescribeInstanceInformation").asks(r#"{"filters":[{"key":"PingStatus","values":["Online"]}],"maxResults":50}"#),
    Kind::write(CONSOLE | SHELL, 2, "ssm", "StartSession")
        .asks(r#"{"target":"<instance>"}"#)
        .answers(r#"{"sessionId":"<user>-<hex:17>","tokenValue":"Value hidden due to security reasons.","streamUrl":"wss://ssmmessages.<region>.amazonaws.com/v1/data-channel/<user>-<hex:17>?role=publish_subscribe"}"#)
        .fails(60, "TargetNotConnected", "<instance> is not connected."),
    Kind::write(CONSOLE | SHELL | LINKED, 1, "ssm", "SendCommand")
        .asks(r#"{"instanceIds":["<instance>"],"documentName":"AWS-RunPatchBaseline","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","timeoutSeconds":600,"interactive":false}"#)
        .answers(r#"{"command":{"commandId":"<uuid>","documentName":"AWS-RunPatchBaseline","documentVersion":"$DEFAULT","comment":"","expiresAfter":"<expiry>","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","instanceIds":["<instance>"],"targets":[],"requestedDateTime":"<date>","status":"Pending","statusDetails":"Pending","maxConcurrency":"50","maxErrors":"0","targetCount":1,"completedCount":0,"errorCount":0,"interactive":false}}"#),

    Kind::read(READERS | LINKED | WORKLOAD, 12, "monitoring", "DescribeAlarms").asks(r#"{"alarmNames":["<alarm>"],"maxRecords":100}"#),
    Kind::write(LINKED | DEPLOY, 3, "monitoring", "PutMetricAlarm")
        .asks(r#"{"alarmName":"TargetTracking-<scaling>-AlarmHigh-<uuid>","alarmDescription":"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy.","metricName":"CPUUtilization","namespace":"AWS/EC2","statistic":"Average","dimensions":[{"name":"AutoScalingGroupName","value":"<scaling>"}],"period":60,"evaluationPeriods":3,"threshold":60.0,"comparisonOperator":"GreaterThanThreshold","actionsEnabled":true}"#),
    Kind::read(CONSOLE | WORKLOAD, 6, "monitoring", "GetMetricData").data()
        .asks(r#"{"startTime":"<time>","endTime":"<time>","maxDatapoints":500,"metricDataQueries":[{"id":"m1","metricStat":{"metric":{"namespace":"AWS/Lambda","metricName":"Errors","dimensions":[{"name":"FunctionName","value":"<function>"}]},"period":300,"stat":"Sum"}}]}"#),
    Kind::read(CONSOLE, 4, "monitoring", "ListDashboards"),
    Kind::read(READERS, 4, "events", "ListRules").asks(r#"{"eventBusName":"default","limit":100}"#),
    Kind::read(DEPLOY | AUDIT, 3, "events", "ListTargetsByRule").asks(r#"{"rule":"<rule>","eventBusName":"default"}"#),
    Kind::write(DEPLOY, 1, "events", "PutRule")
        .asks(r#"{"name":"<rule>","scheduleExpression":"rate(5 minutes)","state":"ENABLED","description":"","eventBusName":"default"}"#)
        .answers(r#"{"ruleArn":"arn:aws:events:<region>:<account>:rule/<rule>"}"#),
    Kind::write(WORKLOAD | LINKED, 6, "states", "StartExecution")
        .asks(r#"{"stateMachineArn":"arn:aws:states:<region>:<account>:stateMachine:<machine>","name":"<uuid>","input":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .answers(r#"{"executionArn":"arn:aws:states:<region>:<account>:execution:<machine>:<uuid>","startDate":"<date>"}"#),
    Kind::read(CONSOLE | DEPLOY, 2, "states", "DescribeStateMachine").asks(r#"{"stateMachineArn":"arn:aws:states:<region>:<account>:stateMachine:<machine>"}"#),

    Kind::read(HANDS | AUDIT | LINKED, 12, "cloudformation", "DescribeStacks").asks(STACK)
        .fails(20, "ValidationException", "Stack with id <stack> does not exist"),
    Kind::read(HANDS, 8, "cloudformation", "DescribeStackEvents").asks(STACK),
    Kind::read(CONSOLE | AUDIT, 4, "cloudformation", "ListStacks").asks(r#"{"stackStatusFilter":["CREATE_COMPLETE","UPDATE_COMPLETE","ROLLBACK_COMPLETE"]}"#),
    Kind::read(HANDS, 3, "cloudformation", "GetTemplate").asks(STACK),
    Kind::write(HANDS, 2, "cloudformation", "CreateChangeSet")
        .asks(r#"{"stackName":"<stack>","changeSetName":"release-<below:9000>","changeSetType":"UPDATE","capabilities":["CAPABILITY_IAM","CAPABILITY_NAMED_IAM"],"templateURL":"https://s3.<region>.amazonaws.com/<bucket>/<hex:32>.template","parameters":[{"parameterKey":"Stage","parameterValue":"prod","usePreviousValue":false}]}"#)
        .answers(r#"{"id":"arn:aws:cloudformation:<region>:<account>:changeSet/release/<uuid>","stackId":"arn:aws:cloudformation:<region>:<account>:stack/<stack>/0aa1b2c3-1111-4222-8333-444455556666"}"#),
    Kind::write(HANDS, 2, "cloudformation", "ExecuteChangeSet").asks(r#"{"changeSetName":"arn:aws:cloudformation:<region>:<account>:changeSet/release/<uuid>"}"#),
    Kind::read(WORKLOAD | CONSOLE, 4, "codepipeline", "GetPipelineState").asks(r#"{"name":"<pipeline>"}"#),
    Kind::read(WORKLOAD | CONSOLE, 4, "codebuild", "BatchGetBuilds").asks(r#"{"ids":["<build>:<uuid>"]}"#),
    Kind::write(WORKLOAD | LINKED, 2, "codebuild", "StartBuild")
        .asks(r#"{"projectName":"<build>","sourceVersion":"<hex:40>"}"#)
        .answers(r#"{"build":{"arn":"arn:aws:codebuild:<region>:<account>:build/<build>:<uuid>","buildStatus":"IN_PROGRESS","currentPhase":"SUBMITTED","projectName":"<build>","sourceVersion":"<hex:40>","startTime":"<date>","timeoutInMinutes":60,"queuedTimeoutInMinutes":480,"encrypted":false}}"#),

    Kind::read(READERS | LINKED, 6, "cloudtrail", "DescribeTrails").asks(r#"{"trailNameList":[],"includeShadowTrails":true}"#),
    Kind::read(READERS, 4, "cloudtrail", "GetTrailStatus").asks(r#"{"name":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>"}"#),
    Kind::read(DEPLOY | AUDIT, 3, "cloudtrail", "GetEventSelectors").asks(r#"{"trailName":"<trail>"}"#),
    Kind::read(CONSOLE | SHELL, 3, "cloudtrail", "LookupEvents").asks(r#"{"maxResults":50,"lookupAttributes":[{"attributeKey":"ReadOnly","attributeValue":"false"}]}"#),
    Kind::write(LINKED, 24, "config", "PutEvaluations")
        .asks(r#"{"evaluations":[{"complianceResourceType":"AWS::S3::Bucket","complianceResourceId":"<bucket>","complianceType":"COMPLIANT","orderingTimestamp":"<date>"}],"testMode":false}"#)
        .answers(r#"{"failedEvaluations":[]}"#),
    Kind::read(LINKED | AUDIT, 9, "config", "DescribeConfigurationRecorders"),
    Kind::read(LINKED | AUDIT, 8, "config", "DescribeConfigurationRecorderStatus"),
    Kind::read(AUDIT, 4, "config", "DescribeComplianceByConfigRule").asks(r#"{"configRuleNames":["<rule>"]}"#),
    Kind::read(AUDIT | LINKED, 5, "guardduty", "ListDetectors").asks(r#"{"maxResults":"50"}"#),
    Kind::read(AUDIT | LINKED, 5, "guardduty", "GetDetector").asks(r#"{"detectorId":"<detector>"}"#),
    Kind::read(AUDIT, 3, "guardduty", "ListFindings").asks(r#"{"detectorId":"<detector>","findingCriteria":{"criterion":{"service.archived":{"eq":["false"]}}},"maxResults":50}"#),
    Kind::write(LINKED, 5, "securityhub", "BatchImportFindings").asks(r#"{"findings":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#).answers(r#"{"failedCount":0,"successCount":<below:30>,"failedFindings":[]}"#),
    Kind::read(AUDIT | CONSOLE, 4, "securityhub", "GetFindings").asks(r#"{"filters":{"recordState":[{"value":"ACTIVE","comparison":"EQUALS"}]},"maxResults":100}"#)
        .fails(80, "InvalidAccessException", "Account <account> is not subscribed to AWS Security Hub"),
    Kind::read(AUDIT | LINKED, 4, "inspector2", "ListCoverage").asks(r#"{"maxResults":200}"#),
    Kind::read(CONSOLE | LINKED, 6, "health", "DescribeEventAggregates").asks(r#"{"aggregateField":"eventTypeCategory","filter":{"eventStatusCodes":["open","upcoming"],"startTimes":[{"from":"<date>"}]}}"#),
    Kind::read(AUDIT | LINKED, 4, "support", "DescribeTrustedAdvisorChecks").asks(r#"{"language":"en"}"#)
        .fails(500, "SubscriptionRequiredException", "Amazon Web Services Premium Support Subscription is required to use this service."),
    Kind::read(CONSOLE | ROOT, 4, "ce", "GetCostAndUsage").asks(r#"{"timePeriod":{"start":"2026-02-01","end":"2026-03-01"},"granularity":"MONTHLY","metrics":["UnblendedCost"],"groupBy":[{"type":"DIMENSION","key":"SERVICE"}]}"#),
    Kind::read(READERS | LINKED, 6, "tagging", "GetResources").asks(r#"{"resourcesPerPage":100,"tagFilters":[{"key":"env","values":["prod"]}]}"#),
    Kind::read(LINKED | CONSOLE, 5, "resource-explorer-2", "ListIndexes").asks(r#"{"MaxResults":100}"#),
    Kind::read(CONSOLE, 4, "notifications", "ListNotificationHubs"),
    Kind::read(WORKLOAD, 3, "bedrock", "InvokeModel").asks(r#"{"modelId":"anthropic.claude-3-haiku-20240307-v1:0"}"#)
        .fails(60, "ThrottlingException", "Too many requests, please wait before trying again."),
    Kind::read(READERS, 2, "wafv2", "ListWebACLs").asks(r#"{"scope":"REGIONAL","limit":100}"#),
    Kind::read(READERS, 3, "servicequotas", "ListServiceQuotas").asks(r#"{"serviceCode":"ec2","maxResults":100}"#),
    Kind::write(LINKED, 4, "application-autoscaling", "RegisterScalableTarget")
        .asks(r#"{"serviceNamespace":"ecs","resourceId":"service/<cluster>/<family>","scalableDimension":"ecs:service:DesiredCount","minCapacity":2,"maxCapacity":<below:20>}"#)
        .answers(r#"{"scalableTargetARN":"arn:aws:application-autoscaling:<region>:<account>:scalable-target/0ec5<hex:8>"}"#),
];
