-- CreateTable
CREATE TABLE "AuditHead" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "seq" INTEGER NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Workspace" (
    "name" TEXT NOT NULL PRIMARY KEY
);

-- CreateTable
CREATE TABLE "Cluster" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "workspaceName" TEXT NOT NULL,
    CONSTRAINT "Cluster_workspaceName_fkey" FOREIGN KEY ("workspaceName") REFERENCES "Workspace" ("name") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "SyncRun" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "cluster" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "finishedAt" DATETIME NOT NULL,
    "status" TEXT NOT NULL,
    "code" TEXT,
    "message" TEXT,
    "version" TEXT,
    "clusterName" TEXT,
    "quorate" BOOLEAN,
    "guests" INTEGER NOT NULL DEFAULT 0,
    "nodes" INTEGER NOT NULL DEFAULT 0,
    "storages" INTEGER NOT NULL DEFAULT 0,
    "pools" INTEGER NOT NULL DEFAULT 0,
    "changes" INTEGER NOT NULL DEFAULT 0,
    "warnings" TEXT NOT NULL DEFAULT '[]',
    "usage" TEXT
);

-- CreateTable
CREATE TABLE "Node" (
    "cluster" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "maxcpu" REAL,
    "maxmem" REAL,
    "maxdisk" REAL,
    "ip" TEXT,
    "fingerprint" TEXT,
    "hidden" BOOLEAN NOT NULL,

    PRIMARY KEY ("cluster", "name")
);

-- CreateTable
CREATE TABLE "Vm" (
    "cluster" TEXT NOT NULL,
    "vmid" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "node" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "template" BOOLEAN NOT NULL,
    "tags" TEXT NOT NULL,
    "pool" TEXT,
    "lock" TEXT,
    "hastate" TEXT,
    "maxcpu" REAL,
    "maxmem" REAL,
    "maxdisk" REAL,
    "incarnation" INTEGER NOT NULL,
    "hidden" BOOLEAN NOT NULL,

    PRIMARY KEY ("cluster", "vmid")
);

-- CreateTable
CREATE TABLE "Container" (
    "cluster" TEXT NOT NULL,
    "vmid" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "node" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "template" BOOLEAN NOT NULL,
    "tags" TEXT NOT NULL,
    "pool" TEXT,
    "lock" TEXT,
    "hastate" TEXT,
    "maxcpu" REAL,
    "maxmem" REAL,
    "maxdisk" REAL,
    "incarnation" INTEGER NOT NULL,
    "hidden" BOOLEAN NOT NULL,

    PRIMARY KEY ("cluster", "vmid")
);

-- CreateTable
CREATE TABLE "Storage" (
    "cluster" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "node" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "shared" BOOLEAN NOT NULL,
    "status" TEXT NOT NULL,
    "maxdisk" REAL,
    "hidden" BOOLEAN NOT NULL,

    PRIMARY KEY ("cluster", "name", "node")
);

-- CreateTable
CREATE TABLE "Pool" (
    "cluster" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "comment" TEXT,
    "hidden" BOOLEAN NOT NULL,

    PRIMARY KEY ("cluster", "name")
);

-- CreateTable
CREATE TABLE "Task" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "cluster" TEXT NOT NULL,
    "upid" TEXT NOT NULL,
    "node" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "taskId" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "startTime" INTEGER NOT NULL,
    "endTime" INTEGER,
    "status" TEXT
);

-- CreateTable
CREATE TABLE "StateSnapshot" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "cluster" TEXT NOT NULL,
    "runId" INTEGER NOT NULL,
    "at" DATETIME NOT NULL,
    "state" BLOB NOT NULL
);

-- CreateTable
CREATE TABLE "ResourceChange" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "cluster" TEXT NOT NULL,
    "runId" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "incarnation" INTEGER NOT NULL,
    "what" TEXT NOT NULL,
    "attribute" TEXT,
    "before" TEXT,
    "after" TEXT,
    "resource" TEXT,
    "since" DATETIME NOT NULL,
    "at" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Lease" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "holder" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL
);

-- CreateIndex
CREATE INDEX "SyncRun_cluster_status_id_idx" ON "SyncRun"("cluster", "status", "id");

-- CreateIndex
CREATE INDEX "Task_cluster_startTime_idx" ON "Task"("cluster", "startTime");

-- CreateIndex
CREATE UNIQUE INDEX "Task_cluster_upid_key" ON "Task"("cluster", "upid");

-- CreateIndex
CREATE INDEX "StateSnapshot_cluster_at_idx" ON "StateSnapshot"("cluster", "at");

-- CreateIndex
CREATE INDEX "ResourceChange_cluster_key_id_idx" ON "ResourceChange"("cluster", "key", "id");

-- CreateIndex
CREATE INDEX "ResourceChange_cluster_at_idx" ON "ResourceChange"("cluster", "at");

