//! Networks as expressions and lookups write them: the same text is taken in both, or in neither.

use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;

/// A network without host bits, or an address as the network of itself alone. An IPv4-mapped one is the IPv4 one.
///
/// # Errors
/// What is wrong, and what to write. Zeros before a number are refused: some products read it as octal.
pub fn network(text: &str) -> Result<IpNet, (String, String)> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(ip.to_canonical()));
    }
    match with_prefix(text) {
        Some(net) if net.addr() != net.network() => {
            let message = format!("`{text}` has bits set below its prefix");
            Err((message, format!("the network is `{}`", net.trunc())))
        }
        Some(net) => Ok(unmapped(net)),
        None => Err((
            format!("`{text}` is no network"),
            "such as `10.0.0.0/8` (prefix 0 to 32) or `2001:db8::/32` (0 to 128)".to_owned(),
        )),
    }
}

fn with_prefix(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.split_once('/')?;
    let length: u8 = prefix.parse().ok()?;
    if length.to_string() != prefix {
        return None;
    }
    IpNet::new(address.parse().ok()?, length).ok()
}

fn unmapped(net: IpNet) -> IpNet {
    let IpNet::V6(v6) = net else { return net };
    let v4 = v6.addr().to_ipv4_mapped().filter(|_| v6.prefix_len() >= 96);
    v4.and_then(|ip| Ipv4Net::new(ip, v6.prefix_len() - 96).ok()).map_or(net, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_network_is_written_in_one_way() {
        for (text, net) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("10.0.0.1", "10.0.0.1/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), net, "{text}");
        }
        let told = network("10.0.0.1/8").unwrap_err();
        assert_eq!(told, ("`10.0.0.1/8` has bits set below its prefix".into(), "the network is `10.0.0.0/8`".into()));
        for text in
            ["011.0.0.0/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/33", "10/8", "10.0.0.0/", "/8", "::/129", ""]
        {
            assert_eq!(network(text).unwrap_err().0, format!("`{text}` is no network"));
        }
    }
}
