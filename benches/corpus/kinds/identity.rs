//! Keys, roles, users and sign-ins: KMS, STS, IAM, Secrets Manager, Identity Center, Cognito.

use super::super::kind::{
    AUDIT, CONSOLE, DEPLOY, HANDS, Kind, LINKED, PARTNER, READERS, ROOT, SERVICE, SHELL, WORKLOAD,
};

const CMK: &[(&str, &str)] = &[("AWS::KMS::Key", "arn:aws:kms:<region>:<account>:key/<cmk>")];
const ROLE: &[(&str, &str)] = &[("AWS::IAM::Role", "arn:aws:iam::<account>:role/<role>")];

/// The table.
pub(crate) const KINDS: &[Kind] = &[
    Kind::read(WORKLOAD, 150, "kms", "Decrypt")
        .asks(r#"{"encryptionContext":{"aws:lambda:FunctionArn":"arn:aws:lambda:<region>:<account>:function:<function>"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#)
        .on(CMK)
        .fails(4, "AccessDenied", "User: <caller> is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:<region>:<account>:key/<cmk> because no identity-based policy allows the kms:Decrypt action"),
    Kind::read(LINKED, 120, "kms", "Decrypt")
        .asks(r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT","keyId":"arn:aws:kms:<region>:<account>:key/<cmk>"}"#)
        .on(CMK),
    Kind::read(SERVICE, 60, "kms", "GenerateDataKey")
        .asks(r#"{"keyId":"arn:aws:kms:<region>:<account>:key/<cmk>","encryptionContext":{"aws:cloudtrail:arn":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>","aws:s3:arn":"arn:aws:s3:::<bucket>/AWSLogs/<account>"},"keySpec":"AES_256"}"#)
        .on(CMK),
    Kind::read(WORKLOAD, 70, "kms", "GenerateDataKey")
        .asks(r#"{"keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"},"keyId":"arn:aws:kms:<region>:<account>:key/<cmk>"}"#)
        .on(CMK),
    Kind::read(WORKLOAD, 8, "kms", "Encrypt")
        .asks(r#"{"encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:<region>:<account>:parameter<parameter>"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT","keyId":"alias/aws/ssm"}"#)
        .on(CMK),
    Kind::write(LINKED, 12, "kms", "CreateGrant")
        .asks(r#"{"granteePrincipal":"<service>","operations":["Decrypt","Encrypt","GenerateDataKeyWithoutPlaintext","ReEncryptFrom","ReEncryptTo","CreateGrant","DescribeKey"],"keyId":"arn:aws:kms:<region>:<account>:key/<cmk>","constraints":{"encryptionContextSubset":{"aws:ebs:id":"<volume>"}},"retiringPrincipal":"<service>"}"#)
        .answers(r#"{"grantId":"<hex:64>","keyId":"arn:aws:kms:<region>:<account>:key/<cmk>"}"#)
        .on(CMK),
    Kind::read(READERS | LINKED, 14, "kms", "DescribeKey")
        .asks(r#"{"keyId":"arn:aws:kms:<region>:<account>:key/<cmk>"}"#)
        .on(CMK),
    Kind::read(READERS, 8, "kms", "ListAliases").asks(r#"{"limit":100}"#),
    Kind::read(DEPLOY | AUDIT, 8, "kms", "GetKeyRotationStatus").asks(r#"{"keyId":"<cmk>"}"#).on(CMK),
    Kind::read(DEPLOY | AUDIT, 6, "kms", "GetKeyPolicy").asks(r#"{"keyId":"<cmk>","policyName":"default"}"#).on(CMK),
    Kind::write(SERVICE, 1, "kms", "RotateKey")
        .tells(r#"{"keyId":"<cmk>","rotationType":"AUTOMATIC","keyMaterialId":"<hex:64>"}"#)
        .on(CMK),

    Kind::read(SERVICE, 260, "sts", "AssumeRole")
        .asks(r#"{"roleArn":"arn:aws:iam::<account>:role/<role>","roleSessionName":"<session>","durationSeconds":3600}"#)
        .answers(r#"{"credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<expiry>"},"assumedRoleUser":{"assumedRoleId":"<roleid>:<session>","arn":"arn:aws:sts::<account>:assumed-role/<role>/<session>"}}"#)
        .on(ROLE),
    Kind::read(WORKLOAD, 12, "sts", "AssumeRole")
        .asks(r#"{"roleArn":"arn:aws:iam::<other>:role/<role>","roleSessionName":"<session>","externalId":"<hex:12>"}"#)
        .answers(r#"{"credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<expiry>"},"assumedRoleUser":{"assumedRoleId":"<roleid>:<session>","arn":"arn:aws:sts::<other>:assumed-role/<role>/<session>"}}"#)
        .fails(30, "AccessDenied", "User: <caller> is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::<other>:role/<role>"),
    Kind::read(PARTNER, 30, "sts", "AssumeRole")
        .asks(r#"{"roleArn":"arn:aws:iam::<account>:role/<role>","roleSessionName":"<session>","externalId":"<hex:12>","durationSeconds":900}"#)
        .answers(r#"{"credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<expiry>"},"assumedRoleUser":{"assumedRoleId":"<roleid>:<session>","arn":"arn:aws:sts::<account>:assumed-role/<role>/<session>"}}"#)
        .on(ROLE),
    Kind::read(SHELL | DEPLOY | WORKLOAD, 12, "sts", "GetCallerIdentity"),
    Kind::read(SHELL, 3, "sts", "GetSessionToken")
        .asks(r#"{"durationSeconds":43200,"serialNumber":"arn:aws:iam::<account>:mfa/<user>"}"#)
        .answers(r#"{"credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<expiry>"}}"#),
    Kind::read(SHELL, 1, "sts", "DecodeAuthorizationMessage")
        .asks(r#"{"encodedMessage":"<base64:120>"}"#),

    Kind::read(READERS | LINKED, 20, "iam", "GetRole").asks(r#"{"roleName":"<role>"}"#)
        .fails(15, "NoSuchEntityException", "The role with name <role> cannot be found."),
    Kind::read(READERS, 18, "iam", "ListAttachedRolePolicies").asks(r#"{"roleName":"<role>"}"#),
    Kind::read(READERS, 16, "iam", "ListRolePolicies").asks(r#"{"roleName":"<role>"}"#),
    Kind::read(DEPLOY | AUDIT, 9, "iam", "GetRolePolicy").asks(r#"{"roleName":"<role>","policyName":"<policy>"}"#),
    Kind::read(READERS, 9, "iam", "GetPolicy").asks(r#"{"policyArn":"arn:aws:iam::<account>:policy/<policy>"}"#),
    Kind::read(READERS, 9, "iam", "GetPolicyVersion")
        .asks(r#"{"policyArn":"arn:aws:iam::<account>:policy/<policy>","versionId":"v<below:9>"}"#),
    Kind::read(READERS, 6, "iam", "ListRoles").asks(r#"{"maxItems":1000}"#),
    Kind::read(READERS, 5, "iam", "ListUsers").asks(r#"{"maxItems":100}"#),
    Kind::read(READERS, 5, "iam", "GetUser").asks(r#"{"userName":"<user>"}"#)
        .fails(25, "NoSuchEntityException", "The user with name <user> cannot be found."),
    Kind::read(CONSOLE | AUDIT, 5, "iam", "ListAccessKeys").asks(r#"{"userName":"<user>"}"#),
    Kind::read(CONSOLE | AUDIT, 4, "iam", "GetAccessKeyLastUsed").asks(r#"{"accessKeyId":"AKIA<code:9>EXAMPLE"}"#),
    Kind::read(CONSOLE | AUDIT, 4, "iam", "ListMFADevices").asks(r#"{"userName":"<user>"}"#),
    Kind::read(CONSOLE | AUDIT, 4, "iam", "ListGroupsForUser").asks(r#"{"userName":"<user>"}"#),
    Kind::read(CONSOLE | AUDIT | ROOT, 3, "iam", "GetAccountSummary"),
    Kind::read(AUDIT, 3, "iam", "GetAccountPasswordPolicy")
        .fails(300, "NoSuchEntityException", "The Password Policy with domain name <account> cannot be found."),
    Kind::read(AUDIT, 3, "iam", "GenerateCredentialReport"),
    Kind::read(DEPLOY | AUDIT, 5, "iam", "ListInstanceProfilesForRole").asks(r#"{"roleName":"<role>"}"#),
    Kind::read(DEPLOY | LINKED, 5, "iam", "GetInstanceProfile").asks(r#"{"instanceProfileName":"<role>"}"#),
    Kind::read(CONSOLE | ROOT, 2, "iam", "ListAccountAliases"),
    Kind::write(HANDS, 3, "iam", "CreateRole")
        .asks(r#"{"roleName":"<role>","description":"made by the platform team","assumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}","maxSessionDuration":3600}"#)
        .answers(r#"{"role":{"path":"/","roleName":"<role>","roleId":"<roleid>","arn":"arn:aws:iam::<account>:role/<role>","createDate":"<date>","assumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"}}"#)
        .fails(60, "EntityAlreadyExistsException", "Role with name <role> already exists."),
    Kind::write(HANDS, 3, "iam", "AttachRolePolicy")
        .asks(r#"{"roleName":"<role>","policyArn":"arn:aws:iam::<account>:policy/<policy>"}"#),
    Kind::write(HANDS, 2, "iam", "DetachRolePolicy")
        .asks(r#"{"roleName":"<role>","policyArn":"arn:aws:iam::<account>:policy/<policy>"}"#),
    Kind::write(HANDS, 2, "iam", "PutRolePolicy")
        .asks(r#"{"roleName":"<role>","policyName":"<policy>","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":\"arn:aws:s3:::<bucket>/*\"},{\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":\"*\"}]}"}"#),
    Kind::write(HANDS, 1, "iam", "PassRole").asks(r#"{"roleName":"<role>"}"#),
    Kind::write(HANDS, 1, "iam", "TagRole").asks(r#"{"roleName":"<role>","tags":[{"key":"owner","value":"platform"},{"key":"env","value":"prod"}]}"#),
    Kind::write(CONSOLE | SHELL, 1, "iam", "CreateUser")
        .asks(r#"{"userName":"<user>","tags":[{"key":"team","value":"data"}]}"#)
        .answers(r#"{"user":{"path":"/","userName":"<user>","userId":"<userid>","arn":"arn:aws:iam::<account>:user/<user>","createDate":"<date>","tags":[{"key":"team","value":"data"}]}}"#),
    Kind::write(CONSOLE | SHELL, 1, "iam", "UpdateAccessKey").asks(r#"{"userName":"<user>","accessKeyId":"AKIA<code:9>EXAMPLE","status":"Inactive"}"#),
    Kind::write(CONSOLE, 1, "iam", "EnableMFADevice").asks(r#"{"userName":"<user>","serialNumber":"arn:aws:iam::<account>:mfa/<user>"}"#),

    Kind::read(WORKLOAD, 40, "secretsmanager", "GetSecretValue")
        .asks(r#"{"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}"#)
        .fails(8, "AccessDenied", "User: <caller> is not authorized to perform: secretsmanager:GetSecretValue on resource: <secret> because no identity-based policy allows the secretsmanager:GetSecretValue action"),
    Kind::read(READERS, 5, "secretsmanager", "DescribeSecret").asks(r#"{"secretId":"<secret>"}"#)
        .fails(40, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    Kind::read(READERS, 3, "secretsmanager", "ListSecrets").asks(r#"{"maxResults":100}"#),
    Kind::read(DEPLOY | AUDIT, 3, "secretsmanager", "GetResourcePolicy").asks(r#"{"secretId":"<secret>"}"#),
    Kind::write(LINKED | DEPLOY, 2, "secretsmanager", "PutSecretValue")
        .asks(r#"{"secretId":"<secret>","clientRequestToken":"<uuid>","versionStages":["AWSCURRENT"]}"#)
        .answers(r#"{"arn":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}"#),
    Kind::write(SERVICE, 2, "secretsmanager", "RotationStarted")
        .tells(r#"{"additionalEventData":{"SecretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}}"#),

    Kind::read(CONSOLE, 4, "sso", "ListProfilesForApplication").asks(r#"{"instanceId":"ins-<hex:16>"}"#),
    Kind::read(CONSOLE | SHELL, 4, "sso", "GetRoleCredentials")
        .asks(r#"{"roleName":"PowerUser","accountId":"<account>"}"#)
        .tells(r#"{"role_name":"PowerUser","account_id":"<account>"}"#),
    Kind::read(CONSOLE, 2, "sso-directory", "DescribeGroups").asks(r#"{"identityStoreId":"d-<hex:10>","groupIds":["<uuid>"]}"#),
    Kind::read(WORKLOAD, 6, "cognito-idp", "AdminGetUser")
        .asks(r#"{"userPoolId":"<region>_<hex:9>","username":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .fails(50, "UserNotFoundException", "User does not exist."),
    Kind::read(AUDIT | LINKED, 4, "access-analyzer", "ListFindings")
        .asks(r#"{"analyzerArn":"arn:aws:access-analyzer:<region>:<account>:analyzer/account","filter":{"status":{"eq":["ACTIVE"]}},"maxResults":100}"#),
    Kind::read(AUDIT, 3, "organizations", "DescribeOrganization"),
    Kind::read(AUDIT, 2, "organizations", "ListAccounts")
        .fails(400, "AccessDeniedException", "You don't have permissions to access this resource."),
    Kind::read(ROOT | CONSOLE, 2, "account", "GetContactInformation"),
];
