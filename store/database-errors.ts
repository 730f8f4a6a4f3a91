/**
 * What the errors of a database mean to us, in one table. Numbers, because names differ between mysql2, MySQL and MariaDB,
 * and mysql2 knows some of MariaDB's not at all.
 *
 * Sources: MySQL 8.4 Error Reference ("Server Error Message Reference", "Global Error Message Reference" for 3, 14, 28);
 * MariaDB Error Code Reference; sqlite.org/rescode.html; TiDB "Error Codes and Troubleshooting" (9001…9006); ProxySQL (9001).
 */

/** Lost a lock race; the transaction was rolled back and may simply run again. */
export const CONTENTION = new Map<string, "deadlock" | "lockWait" | "busy">([
  ["ER_LOCK_DEADLOCK", "deadlock"],
  ["ER_LOCK_WAIT_TIMEOUT", "lockWait"],
  ["ER_LOCK_NOWAIT", "lockWait"],
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_BUSY_SNAPSHOT", "busy"],
]);

/** The server takes no writes from us (any more): after a failover by name it is the former primary. */
export const READ_ONLY: ReadonlySet<number> = new Set([
  1227, // ER_SPECIFIC_ACCESS_DENIED_ERROR: a privilege that a replica asks for
  1290, // ER_OPTION_PREVENTS_STATEMENT: --read-only, --super-read-only
  1792, // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1836, // ER_READ_ONLY_MODE
  1874, // ER_INNODB_READ_ONLY
]);

/** Our account, or what it may do, is not what it was. At boot this is a wrong setting; later it passes. */
export const NOT_ADMITTED: ReadonlySet<number> = new Set([
  1044, // ER_DBACCESS_DENIED_ERROR
  1045, // ER_ACCESS_DENIED_ERROR
  1049, // ER_BAD_DB_ERROR
  1130, // ER_HOST_NOT_PRIVILEGED
  1142, // ER_TABLEACCESS_DENIED_ERROR
  1143, // ER_COLUMNACCESS_DENIED_ERROR
  1251, // ER_NOT_SUPPORTED_AUTH_MODE
  1698, // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1820, // ER_MUST_CHANGE_PASSWORD
  1862, // ER_MUST_CHANGE_PASSWORD_LOGIN
  3118, // ER_ACCOUNT_HAS_BEEN_LOCKED
  3159, // ER_SECURE_TRANSPORT_REQUIRED
  3955, // ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK
  4151, // MariaDB: ER_ACCOUNT_HAS_BEEN_LOCKED
]);

/** Its certificate is not one that we trust, or it has no TLS (codes of OpenSSL, Node and mysql2). A certificate can run out. */
export const NOT_TRUSTED =
  /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH|HANDSHAKE_(NO_SSL|SSL))/;

/** The server will not, or cannot, do it just now; somebody repairs that, or it passes. */
export const PASSING: ReadonlySet<number> = new Set([
  // No room, no memory, no disk.
  3, // EE_WRITE
  14, // EE_CANT_OPEN_STREAM, or EFAULT of a file
  28, // ENOSPC, EE_DISK_FULL
  1015, // ER_CANT_LOCK
  1016, // ER_CANT_OPEN_FILE
  1017, // ER_FILE_NOT_FOUND
  1021, // ER_DISK_FULL
  1024, // ER_ERROR_ON_READ
  1026, // ER_ERROR_ON_WRITE
  1028, // ER_FILSORT_ABORT
  1030, // ER_GET_ERRNO: an error of the storage engine, "No space left" among them
  1034, // ER_NOT_KEYFILE
  1036, // ER_OPEN_AS_READONLY
  1037, // ER_OUTOFMEMORY
  1038, // ER_OUT_OF_SORTMEMORY
  1041, // ER_OUT_OF_RESOURCES
  1114, // ER_RECORD_FILE_FULL: "The table is full"
  1180, // ER_ERROR_DURING_COMMIT
  1194, // ER_CRASHED_ON_USAGE
  1195, // ER_CRASHED_ON_REPAIR
  1206, // ER_LOCK_TABLE_FULL
  1637, // ER_TOO_MANY_CONCURRENT_TRXS
  1877, // ER_TABLE_CORRUPT, in MariaDB ER_TABLE_IN_FK_CHECK
  // No table: renamed, or a restore is under way.
  1146, // ER_NO_SUCH_TABLE
  1412, // ER_TABLE_DEF_CHANGED
  1932, // MariaDB: ER_NO_SUCH_TABLE_IN_ENGINE
  // No connection.
  1040, // ER_CON_COUNT_ERROR
  1042, // ER_BAD_HOST_ERROR
  1043, // ER_HANDSHAKE_ERROR
  1047, // ER_UNKNOWN_COM_ERROR: Galera, "WSREP has not yet prepared node"
  1053, // ER_SERVER_SHUTDOWN
  1077, // ER_NORMAL_SHUTDOWN
  1079, // ER_SHUTDOWN_COMPLETE
  1129, // ER_HOST_IS_BLOCKED
  1135, // ER_CANT_CREATE_THREAD
  1152, // ER_ABORTING_CONNECTION
  1158, // ER_NET_READ_ERROR
  1159, // ER_NET_READ_INTERRUPTED
  1160, // ER_NET_ERROR_ON_WRITE
  1161, // ER_NET_WRITE_INTERRUPTED
  1184, // ER_NEW_ABORTING_CONNECTION
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1226, // ER_USER_LIMIT_REACHED: max_user_connections, max_updates_per_hour
  1927, // MariaDB: ER_CONNECTION_KILLED
  3168, // ER_SERVER_ISNT_AVAILABLE
  3169, // ER_SESSION_WAS_KILLED
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
  // Cut off by an operator, or by a limit of the server's.
  1317, // ER_QUERY_INTERRUPTED
  1689, // ER_LOCK_ABORTED
  1969, // MariaDB: ER_STATEMENT_TIMEOUT
  3024, // ER_QUERY_TIMEOUT
  3100, // ER_RUN_HOOK_ERROR: Group Replication without a quorum
  3101, // ER_TRANSACTION_ROLLBACK_DURING_COMMIT
  // What stands in front of servers, or in their place.
  ...[9001, 9002, 9003, 9004, 9005, 9006],
]);

/** Of the network, of mysql2, of the file system. */
export const PASSING_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EPIPE",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOSPC",
  "EDQUOT",
  "EROFS",
  "EIO",
  "EADDRNOTAVAIL",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "ER_SERVER_SHUTDOWN",
  "ER_CON_COUNT_ERROR",
  "ER_NORMAL_SHUTDOWN",
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_CONNECTION_KILLED",
  "ER_CLIENT_INTERACTION_TIMEOUT",
]);

/** Beginnings of SQLite's names: each has extended ones, SQLITE_IOERR_FSYNC for instance. */
export const PASSING_SQLITE = [
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_READONLY",
  "SQLITE_CANTOPEN",
  "SQLITE_CORRUPT",
  "SQLITE_NOTADB",
  "SQLITE_NOMEM",
  "SQLITE_LOCKED",
  "SQLITE_PROTOCOL",
  "SQLITE_INTERRUPT",
  "SQLITE_SCHEMA",
];

/** Names of MySQL's errors that say: not this value, not in this column. */
export const REFUSED: ReadonlySet<string> = new Set([
  "ER_DUP_ENTRY",
  "ER_BAD_NULL_ERROR",
  "ER_DATA_TOO_LONG",
  "ER_TOO_LONG_STRING",
  "ER_TOO_BIG_ROWSIZE",
  "ER_WARN_DATA_OUT_OF_RANGE",
  "WARN_DATA_TRUNCATED",
  "ER_TRUNCATED_WRONG_VALUE",
  "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
  "ER_WRONG_VALUE",
  "ER_WRONG_VALUE_FOR_TYPE",
  "ER_INVALID_CHARACTER_STRING",
  "ER_CANNOT_CONVERT_STRING",
  "ER_DATA_OUT_OF_RANGE",
  "ER_CHECK_CONSTRAINT_VIOLATED",
  "ER_CONSTRAINT_FAILED",
  "ER_SIGNAL_EXCEPTION",
  "ER_NET_PACKET_TOO_LARGE",
  "SQLITE_MISMATCH",
  "SQLITE_TOOBIG",
  "SQLITE_RANGE",
]);
