/**
 * The access network of an address: its first 24 bits in IPv4, its first 64 in IPv6. That is what a
 * school gives to the laptops behind one access point, where it separates them at all.
 */
import { isIP } from 'node:net';
import ipaddr, { type IPv4 } from 'ipaddr.js';

/** Undefined for an invalid address, and for this machine itself (a proxy in front of us). */
export function subnetOf(address: string): string | undefined {
  if (isIP(address) === 0) return undefined;
  const parsed = ipaddr.process(address); // an IPv4-mapped IPv6 address becomes IPv4
  if (parsed.range() === 'loopback') return undefined;
  if (isV4(parsed)) return `${parsed.octets.slice(0, 3).join('.')}.0/24`;
  const prefix = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}

function isV4(address: ReturnType<typeof ipaddr.process>): address is IPv4 {
  return address.kind() === 'ipv4';
}
