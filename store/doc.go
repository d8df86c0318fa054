// Package store keeps the record: one SQLite file in one data folder, holding
// the journal and the signal of every session of this room.
//
// The record only grows. A record or chunk is written once, in the order of
// its chain, and is never updated or deleted; triggers in the file enforce it
// whoever holds the connection. What [Writer] has reported as [Committed] is on
// the disk (WAL, synchronous=FULL) and survives a kill and a power cut.
//
// One agent owns a data folder, by a lock that dies with its process. Within
// it one [Writer] writes; everything else reads, through [Store] in the agent
// or [OpenReader] in any other process.
//
// The package knows the types of [penlog/session] as sealed values: it checks
// their chains and never looks into a body. It has never heard of ports, pens
// or patients.
//
// [Store], [Reader] and [Writer] are safe for concurrent use, but for what
// their methods say about Run and Close.
package store
