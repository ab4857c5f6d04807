//! Instances, functions, containers, load balancers and networks.

use super::super::kind::{
    AUDIT, CONSOLE, DEPLOY, HANDS, Kind, LINKED, READERS, ROOT, SERVICE, SHELL, WORKLOAD,
};

const EMPTY: &str = r#"{"maxResults":1000,"filterSet":{}}"#;
const BY_VPC: &str = r#"{"maxResults":200,"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"<vpc>"}]}}]}}"#;
const FUNCTION: &[(&str, &str)] =
    &[("AWS::Lambda::Function", "arn:aws:lambda:<region>:<account>:function:<function>")];

/// The table.
pub(crate) const KINDS: &[Kind] = &[
    Kind::read(READERS | LINKED | WORKLOAD, 34, "ec2", "DescribeInstances")
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]},"filterSet":{}}"#)
        .fails(8, "Client.InvalidInstanceID.NotFound", "The instance ID '<instance>' does not exist"),
    Kind::read(LINKED, 24, "ec2", "DescribeInstanceStatus")
        .asks(r#"{"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"stopping"}]}}]},"includeAllInstances":true,"maxResults":500}"#),
    Kind::read(READERS | LINKED, 20, "ec2", "DescribeSecurityGroups")
        .asks(r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"<group>"}]},"filterSet":{}}"#),
    Kind::read(READERS | LINKED, 18, "ec2", "DescribeNetworkInterfaces")
        .asks(r#"{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"description","valueSet":{"items":[{"value":"ELB app/<balancer>/<hex:16>"}]}}]}}"#),
    Kind::read(READERS | LINKED, 16, "ec2", "DescribeSubnets")
        .asks(r#"{"subnetSet":{"items":[{"subnetId":"<subnet>"}]},"filterSet":{}}"#),
    Kind::read(READERS | LINKED, 14, "ec2", "DescribeVpcs").asks(r#"{"vpcSet":{"items":[{"vpcId":"<vpc>"}]},"filterSet":{}}"#),
    Kind::read(DEPLOY, 12, "ec2", "DescribeVpcAttribute").asks(r#"{"vpcId":"<vpc>","attribute":"enableDnsSupport"}"#),
    Kind::read(READERS, 12, "ec2", "DescribeRouteTables").asks(BY_VPC),
    Kind::read(READERS, 8, "ec2", "DescribeNetworkAcls").asks(BY_VPC),
    Kind::read(READERS, 8, "ec2", "DescribeInternetGateways").asks(BY_VPC),
    Kind::read(READERS, 8, "ec2", "DescribeNatGateways")
        .asks(r#"{"DescribeNatGatewaysRequest":{"Filter":{"Name":"vpc-id","tag":1,"Value":{"content":"<vpc>","tag":1}}}}"#),
    Kind::read(READERS | LINKED, 10, "ec2", "DescribeVolumes").asks(r#"{"volumeSet":{"items":[{"volumeId":"<volume>"}]},"filterSet":{}}"#),
    Kind::read(READERS | LINKED, 6, "ec2", "DescribeSnapshots")
        .asks(r#"{"maxResults":500,"snapshotSet":{},"ownersSet":{"items":[{"owner":"self"}]},"sharedUsersSet":{},"filterSet":{}}"#),
    Kind::read(READERS, 6, "ec2", "DescribeImages").asks(r#"{"executableBySet":{},"imagesSet":{"items":[{"imageId":"<image>"}]},"ownersSet":{},"filterSet":{}}"#),
    Kind::read(READERS | LINKED, 8, "ec2", "DescribeTags")
        .asks(r#"{"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"<instance>"}]}}]}}"#),
    Kind::read(READERS | LINKED, 6, "ec2", "DescribeAvailabilityZones").asks(r#"{"availabilityZoneSet":{},"availabilityZoneIdSet":{}}"#),
    Kind::read(CONSOLE | SHELL | AUDIT | ROOT, 5, "ec2", "DescribeRegions").asks(r#"{"regionSet":{},"allRegions":true}"#),
    Kind::read(READERS, 5, "ec2", "DescribeAddresses").asks(r#"{"publicIpsSet":{},"filterSet":{},"allocationIdsSet":{}}"#),
    Kind::read(CONSOLE | AUDIT, 5, "ec2", "DescribeAccountAttributes").asks(r#"{"accountAttributeNameSet":{"items":[{"attributeName":"supported-platforms"}]},"filterSet":{}}"#),
    Kind::read(DEPLOY | CONSOLE, 6, "ec2", "DescribeInstanceAttribute").asks(r#"{"instanceId":"<instance>","attribute":"disableApiTermination"}"#),
    Kind::read(DEPLOY | LINKED, 5, "ec2", "DescribeLaunchTemplateVersions")
        .asks(r#"{"DescribeLaunchTemplateVersionsRequest":{"LaunchTemplateVersion":{"content":"$Latest","tag":1},"LaunchTemplateId":"lt-<hex:17>"}}"#),
    Kind::read(CONSOLE, 4, "ec2", "DescribeInstanceTypes").asks(r#"{"DescribeInstanceTypesRequest":{"InstanceType":{"content":"m6i.large","tag":1}}}"#),
    Kind::read(AUDIT | CONSOLE, 4, "ec2", "DescribeFlowLogs").asks(r#"{"DescribeFlowLogsRequest":{"MaxResults":1000}}"#),
    Kind::read(READERS | LINKED, 4, "ec2", "DescribeVpcEndpoints").asks(r#"{"DescribeVpcEndpointsRequest":{"VpcEndpointId":{"content":"vpce-<hex:17>","tag":1}}}"#),
    Kind::read(AUDIT, 4, "ec2", "GetEbsEncryptionByDefault").asks(r#"{"GetEbsEncryptionByDefaultRequest":""}"#),
    Kind::write(LINKED | SHELL, 4, "ec2", "RunInstances")
        .asks(r#"{"instancesSet":{"items":[{"imageId":"<image>","minCount":1,"maxCount":1}]},"instanceType":"m6i.large","blockDeviceMapping":{},"monitoring":{"enabled":false},"subnetId":"<subnet>","disableApiTermination":false,"clientToken":"<uuid>","iamInstanceProfile":{"name":"<role>"},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"aws:autoscaling:groupName","value":"<scaling>"}]}]}}"#)
        .answers(r#"{"requestId":"<uuid>","reservationId":"r-<hex:17>","ownerId":"<account>","groupSet":{},"instancesSet":{"items":[{"instanceId":"<instance>","imageId":"<image>","instanceState":{"code":0,"name":"pending"},"privateDnsName":"<hostname>.ec2.internal","amiLaunchIndex":0,"instanceType":"m6i.large","launchTime":<millis>,"placement":{"availabilityZone":"<region>a","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"<subnet>","vpcId":"<vpc>","privateIpAddress":"<address>","architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","virtualizationType":"hvm","hypervisor":"xen","ebsOptimized":false,"enaSupport":true,"sourceDestCheck":true}]},"requesterId":"<account>"}"#)
        .fails(40, "Server.InsufficientInstanceCapacity", "We currently do not have sufficient m6i.large capacity in the Availability Zone you requested (<region>a)."),
    Kind::write(LINKED | CONSOLE, 3, "ec2", "TerminateInstances")
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]}}"#)
        .answers(r#"{"requestId":"<uuid>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}"#),
    Kind::write(LINKED, 6, "ec2", "CreateNetworkInterface")
        .asks(r#"{"subnetId":"<subnet>","description":"AWS Lambda VPC ENI-<function>-<uuid>","groupSet":{"items":[{"groupId":"<group>"}]},"privateIpAddressesSet":{},"ipv6AddressCount":0,"clientToken":"<uuid>"}"#)
        .answers(r#"{"requestId":"<uuid>","networkInterface":{"networkInterfaceId":"<interface>","subnetId":"<subnet>","vpcId":"<vpc>","availabilityZone":"<region>a","ownerId":"<account>","requesterManaged":false,"status":"pending","macAddress":"02:00:5e:00:53:01","privateIpAddress":"<address>","sourceDestCheck":true,"interfaceType":"interface"}}"#),
    Kind::write(LINKED | HANDS, 3, "ec2", "CreateTags")
        .asks(r#"{"resourcesSet":{"items":[{"resourceId":"<volume>"}]},"tagSet":{"items":[{"key":"Name","value":"<stack>"},{"key":"owner","value":"platform"}]}}"#)
        .answers(r#"{"requestId":"<uuid>","_return":true}"#),
    Kind::write(LINKED | SHELL, 3, "ec2", "CreateSnapshot")
        .asks(r#"{"volumeId":"<volume>","description":"nightly","tagSpecificationSet":{}}"#)
        .answers(r#"{"requestId":"<uuid>","snapshotId":"<snapshot>","volumeId":"<volume>","status":"pending","startTime":<millis>,"progress":"","ownerId":"<account>","volumeSize":"100","description":"nightly","encrypted":true}"#),
    Kind::write(HANDS, 1, "ec2", "AuthorizeSecurityGroupIngress")
        .asks(r#"{"groupId":"<group>","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8","description":"inside"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}"#)
        .answers(r#"{"requestId":"<uuid>","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"<account>","groupId":"<group>","securityGroupRuleId":"sgr-<hex:17>","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"10.0.0.0/8"}]}}"#)
        .fails(80, "Client.InvalidPermission.Duplicate", "the specified rule already exists"),
    Kind::write(HANDS, 1, "ec2", "RevokeSecurityGroupIngress")
        .asks(r#"{"groupId":"<group>","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"10.1.0.0/16"}]}}]}}"#)
        .answers(r#"{"requestId":"<uuid>","_return":true,"unknownIpPermissionSet":{}}"#),
    Kind::write(CONSOLE | SHELL, 1, "ec2", "StopInstances")
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]},"force":false}"#)
        .answers(r#"{"requestId":"<uuid>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":64,"name":"stopping"},"previousState":{"code":16,"name":"running"}}]}}"#),
    Kind::write(SERVICE, 12, "ec2", "SharedSnapshotVolumeCreated")
        .tells(r#"{"userId":"<account>","snapshotId":"<snapshot>","volumeId":"<volume>"}"#),

    Kind::read(READERS | LINKED, 9, "lambda", "GetFunction20150331v2").asks(r#"{"functionName":"arn:aws:lambda:<region>:<account>:function:<function>"}"#)
        .fails(20, "ResourceNotFoundException", "Function not found: arn:aws:lambda:<region>:<account>:function:<function>"),
    Kind::read(READERS, 6, "lambda", "ListFunctions20150331").asks(r#"{"maxItems":50}"#),
    Kind::read(DEPLOY | CONSOLE, 5, "lambda", "ListVersionsByFunction20150331").asks(r#"{"functionName":"<function>"}"#),
    Kind::read(DEPLOY | AUDIT, 5, "lambda", "GetPolicy20150331v2").asks(r#"{"functionName":"<function>"}"#),
    Kind::read(DEPLOY | CONSOLE, 4, "lambda", "GetFunctionConfiguration20150331v2").asks(r#"{"functionName":"<function>"}"#),
    Kind::write(WORKLOAD | SERVICE, 26, "lambda", "Invoke")
        .data()
        .asks(r#"{"functionName":"arn:aws:lambda:<region>:<account>:function:<function>","invocationType":"Event","clientContext":""}"#)
        .adds(r#"{"functionVersion":"arn:aws:lambda:<region>:<account>:function:<function>:$LATEST"}"#)
        .on(FUNCTION),
    Kind::write(DEPLOY, 1, "lambda", "UpdateFunctionCode20150331v2")
        .asks(r#"{"functionName":"<function>","s3Bucket":"<bucket>","s3Key":"lambda/<hex:40>.zip","publish":false,"dryRun":false}"#)
        .answers(r#"{"functionName":"<function>","functionArn":"arn:aws:lambda:<region>:<account>:function:<function>","runtime":"python3.12","role":"arn:aws:iam::<account>:role/<role>","handler":"app.handler","codeSize":<below:9000000>,"description":"","timeout":30,"memorySize":512,"lastModified":"<time>","codeSha256":"<base64:43>=","version":"$LATEST","environment":{},"tracingConfig":{"mode":"Active"},"revisionId":"<uuid>","state":"Active","packageType":"Zip","architectures":["arm64"],"ephemeralStorage":{"size":512}}"#),

    Kind::read(LINKED | READERS | WORKLOAD, 10, "ecs", "DescribeTasks").asks(r#"{"cluster":"<cluster>","tasks":["arn:aws:ecs:<region>:<account>:task/<cluster>/<hex:32>"]}"#),
    Kind::read(LINKED | READERS, 8, "ecs", "DescribeServices").asks(r#"{"cluster":"arn:aws:ecs:<region>:<account>:cluster/<cluster>","services":["<family>"]}"#),
    Kind::read(READERS, 5, "ecs", "DescribeTaskDefinition").asks(r#"{"taskDefinition":"<family>:<below:90>"}"#),
    Kind::read(READERS, 4, "ecs", "ListClusters"),
    Kind::write(WORKLOAD, 10, "ecs", "DiscoverPollEndpoint")
        .asks(r#"{"cluster":"arn:aws:ecs:<region>:<account>:cluster/<cluster>","containerInstance":"<hex:32>"}"#)
        .answers(r#"{"endpoint":"https://ecs-a-1.<region>.amazonaws.com/","telemetryEndpoint":"https://ecs-t-1.<region>.amazonaws.com/","serviceConnectEndpoint":"https://ecs-sc.<region>.api.aws"}"#),
    Kind::write(WORKLOAD, 9, "ecs", "SubmitTaskStateChange")
        .asks(r#"{"cluster":"<cluster>","task":"arn:aws:ecs:<region>:<account>:task/<cluster>/<hex:32>","status":"RUNNING","reason":"","attachments":[],"containers":[]}"#)
        .answers(r#"{"acknowledgment":"<uuid>"}"#),
    Kind::write(LINKED | WORKLOAD, 3, "ecs", "RunTask")
        .asks(r#"{"cluster":"<cluster>","count":1,"launchType":"FARGATE","taskDefinition":"<family>","startedBy":"events-rule/<rule>","networkConfiguration":{"awsvpcConfiguration":{"subnets":["<subnet>"],"securityGroups":["<group>"],"assignPublicIp":"DISABLED"}}}"#)
        .answers(r#"{"failures":[],"tasks":[{"taskArn":"arn:aws:ecs:<region>:<account>:task/<cluster>/<hex:32>","lastStatus":"PROVISIONING","desiredStatus":"RUNNING","launchType":"FARGATE","cpu":"512","memory":"1024","createdAt":"<date>","version":1}]}"#),
    Kind::read(WORKLOAD | LINKED, 9, "ecr", "GetAuthorizationToken").answers("null"),
    Kind::read(WORKLOAD | LINKED, 12, "ecr", "BatchGetImage")
        .asks(r#"{"registryId":"<account>","repositoryName":"<repository>","imageIds":[{"imageTag":"release-<below:400>"}],"acceptedMediaTypes":["application/vnd.oci.image.manifest.v1+json"]}"#)
        .on(&[("AWS::ECR::Repository", "arn:aws:ecr:<region>:<account>:repository/<repository>")]),
    Kind::read(WORKLOAD | LINKED, 8, "ecr", "GetDownloadUrlForLayer")
        .asks(r#"{"registryId":"<account>","repositoryName":"<repository>","layerDigest":"sha256:<hex:64>"}"#)
        .on(&[("AWS::ECR::Repository", "arn:aws:ecr:<region>:<account>:repository/<repository>")]),
    Kind::read(AUDIT | CONSOLE, 3, "ecr", "DescribeImageScanFindings").asks(r#"{"repositoryName":"<repository>","imageId":{"imageDigest":"sha256:<hex:64>"}}"#),
    Kind::read(READERS | WORKLOAD, 5, "eks", "DescribeCluster").asks(r#"{"name":"<cluster>"}"#),
    Kind::read(READERS, 2, "eks", "ListNodegroups").asks(r#"{"name":"<cluster>","maxResults":100}"#),

    Kind::read(READERS | LINKED, 9, "elasticloadbalancing", "DescribeTargetHealth")
        .asks(r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<balancer>/0123456789abcdef"}"#),
    Kind::read(READERS | LINKED, 7, "elasticloadbalancing", "DescribeLoadBalancers").asks(r#"{"names":["<balancer>"]}"#),
    Kind::read(DEPLOY, 4, "elasticloadbalancing", "DescribeListeners").asks(r#"{"loadBalancerArn":"arn:aws:elasticloadbalancing:<region>:<account>:loadbalancer/app/<balancer>/0123456789abcdef"}"#),
    Kind::write(LINKED, 4, "elasticloadbalancing", "RegisterTargets")
        .asks(r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<balancer>/0123456789abcdef","targets":[{"id":"<address>","port":8080}]}"#)
        .answers("{}"),
    Kind::read(READERS | LINKED, 8, "autoscaling", "DescribeAutoScalingGroups").asks(r#"{"autoScalingGroupNames":["<scaling>"],"maxRecords":100}"#),
    Kind::write(CONSOLE | WORKLOAD, 1, "autoscaling", "SetDesiredCapacity").asks(r#"{"autoScalingGroupName":"<scaling>","desiredCapacity":<below:12>,"honorCooldown":false}"#),
    Kind::read(READERS, 4, "route53", "ListResourceRecordSets").asks(r#"{"hostedZoneId":"<zone>","maxItems":"300"}"#),
    Kind::write(WORKLOAD | DEPLOY, 2, "route53", "ChangeResourceRecordSets")
        .asks(r#"{"hostedZoneId":"<zone>","changeBatch":{"changes":[{"action":"UPSERT","resourceRecordSet":{"name":"<balancer>.internal.example.com","type":"A","tTL":60,"resourceRecords":[{"value":"<address>"}]}}]}}"#)
        .answers(r#"{"changeInfo":{"id":"/change/C<hex:13>","status":"PENDING","submittedAt":"<date>"}}"#),
    Kind::read(READERS, 2, "cloudfront", "GetDistribution").asks(r#"{"id":"<distribution>"}"#),
    Kind::read(READERS, 2, "acm", "DescribeCertificate").asks(r#"{"certificateArn":"arn:aws:acm:<region>:<account>:certificate/<certificate>"}"#),
    Kind::read(DEPLOY | CONSOLE, 2, "apigateway", "GetRestApis").asks(r#"{"limit":500}"#),
    Kind::read(AUDIT | DEPLOY, 2, "ec2", "DescribeVpcPeeringConnections").asks(EMPTY),
];
