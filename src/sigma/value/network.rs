//! Networks for `cidr`.

use std::net::IpAddr;

use crate::{
    rule::{CidrNet, Diagnostic},
    sigma::{
        Modifier,
        reader::{Reader, wrong_kind},
        yaml::{self, Node},
    },
};

/// `address/length`, or one address alone.
pub(super) fn cidr(node: &Node, reader: &Reader) -> Result<CidrNet, Diagnostic> {
    let help = "write address/length, such as 10.0.0.0/8 or 2001:db8::/32";
    let Some(text) = node.as_text() else {
        return Err(wrong_kind(node, Modifier::Cidr, "text", help));
    };
    let bad = |range: std::ops::Range<usize>, message: String| {
        Diagnostic::error("bad-cidr", yaml::part(reader.text, node.span, text, range), message)
            .help(help)
    };
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address_end = address.len();
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err(bad(0..address_end, format!("{address:?} is not an IP address")));
    };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match length {
        None => bits,
        Some(digits) => {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.parse::<u8>().ok().filter(|length| plain && *length <= bits);
            length.ok_or_else(|| {
                bad(
                    address_end + 1..text.len(),
                    format!("{digits:?} is not a length from 0 to {bits}"),
                )
            })?
        }
    };
    let network = network(address, prefix);
    if network != address {
        return Err(bad(
            0..address_end,
            format!("{address} has bits set beyond the first {prefix}"),
        )
        .help(format!(
            "write {network}/{prefix} for the network, or {address}/{bits} for the address"
        )));
    }
    Ok(CidrNet { address, prefix })
}

/// `address` with the bits beyond the prefix cleared.
fn network(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    }
}
