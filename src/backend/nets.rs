//! Networks of one family in products that keep addresses of both in one space.

use ipnet::{IpNet, Ipv6Net};
use std::net::Ipv6Addr;

/// Length of `::ffff:0:0/96`, the IPv6 addresses that stand for IPv4 ones (RFC 4291, 2.5.5.2).
pub const MAPPED: u8 = 96;

/// Whether an IPv6 network has addresses in common with those that stand for IPv4 ones. To a rule, no IPv4 address lies in it.
pub fn meets_ipv4(net: &IpNet) -> bool {
    let mapped = Ipv6Net::new(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), MAPPED).ok();
    match (net, mapped) {
        (IpNet::V6(net), Some(mapped)) => net.contains(&mapped) || mapped.contains(net),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::meets_ipv4;

    #[test]
    fn networks_around_and_inside_of_the_mapped_addresses_meet_ipv4() {
        for (net, meets) in [
            ("::/0", true),
            ("::/64", true),
            ("::ffff:0:0/96", true),
            ("::ffff:10.0.0.0/104", true),
            ("2001:db8::/32", false),
            ("::/97", false),
            ("0.0.0.0/0", false),
        ] {
            assert_eq!(meets_ipv4(&net.parse().unwrap()), meets, "{net}");
        }
    }
}
