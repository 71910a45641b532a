// The addresses that a process and its descendants listen on, read from the kernel (Linux), so that a test also finds a
// server that it does not know of.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTEN = "0A";

/** `http://address:port` of each TCP socket that listens. */
export function listeningSockets(processId: number): string[] {
  const inodes = new Set(processTree(processId).flatMap(socketsOf));
  return [...sockets("/proc/net/tcp"), ...sockets("/proc/net/tcp6")]
    .filter(({ state, inode }) => state === LISTEN && inodes.has(inode))
    .map(({ url }) => url)
    .sort();
}

/** It, and what it started, and what that started. */
function processTree(processId: number): number[] {
  return [processId, ...childrenOf(processId).flatMap(processTree)];
}

/** Direct children, from /proc: engines and functions are started by the process itself. */
export function childrenOf(processId: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === processId)
    .map(Number);
}

function parentOf(processId: string): number {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0; // it ended meanwhile
  }
}

function socketsOf(processId: number): string[] {
  const directory = `/proc/${processId}/fd`;
  try {
    return readdirSync(directory).flatMap((fd) => inodeOf(`${directory}/${fd}`));
  } catch {
    return []; // it ended meanwhile
  }
}

function inodeOf(link: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.slice(1) ?? [];
  } catch {
    return []; // closed meanwhile
  }
}

function sockets(file: string) {
  const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return { url: urlOf(local), state, inode };
  });
}

/** `0100007F:1F90` is 127.0.0.1:8080; of IPv6 any address stands for the loopback one. */
function urlOf(local: string): string {
  const [address = "", port = ""] = local.split(":");
  const bytes = address.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  const host = bytes.length === 4 ? bytes.reverse().join(".") : "[::1]";
  return `http://${host}:${Number.parseInt(port, 16)}`;
}
