-- kkbida's schema, as its Hibernate (MySQL5InnoDBDialect, naming as in the entities) makes it.
CREATE TABLE callback_task (
  taskId varchar(255) NOT NULL,
  callCount int NOT NULL,
  createDate datetime DEFAULT NULL,
  expectResult varchar(255) DEFAULT NULL,
  expireTimestamp datetime DEFAULT NULL,
  isSuccess bit(1) DEFAULT NULL,
  lastModifiedDate datetime DEFAULT NULL,
  limitCallCount int NOT NULL,
  requestMethod varchar(255) DEFAULT NULL,
  requestParamTxt text,
  sourceAppName varchar(255) DEFAULT NULL,
  sourceIp varchar(255) DEFAULT NULL,
  targetAppName varchar(255) DEFAULT NULL,
  url varchar(255) DEFAULT NULL,
  PRIMARY KEY (taskId),
  KEY idx_callback_task_task_id (taskId)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE call_back_log (
  id bigint NOT NULL AUTO_INCREMENT,
  createDate datetime DEFAULT NULL,
  isSuccess bit(1) DEFAULT NULL,
  lastModifiedDate datetime DEFAULT NULL,
  responseTxt text,
  taskId varchar(255) NOT NULL,
  PRIMARY KEY (id),
  KEY idx01_call_back_log_id (id),
  KEY idx02_call_back_log_pid (taskId)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE web_hook (
  id int NOT NULL AUTO_INCREMENT,
  content text,
  contentType varchar(255) DEFAULT NULL,
  memo varchar(255) DEFAULT NULL,
  requestMethod varchar(255) DEFAULT NULL,
  url varchar(255) DEFAULT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
