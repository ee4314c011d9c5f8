-- CreateTable
CREATE TABLE "Operation" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "workspace" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "planDigest" TEXT NOT NULL,
    "expiresAt" TEXT NOT NULL,
    "leaseHolder" TEXT,
    "leaseBeat" INTEGER NOT NULL DEFAULT 0,
    "head" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "shown" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "OperationStep" (
    "operationId" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "cluster" TEXT NOT NULL,
    "vmid" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "upid" TEXT,
    "body" TEXT NOT NULL,

    PRIMARY KEY ("operationId", "index"),
    CONSTRAINT "OperationStep_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Decision" (
    "operationId" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "personId" INTEGER NOT NULL,
    "verdict" TEXT NOT NULL,
    "body" TEXT NOT NULL,

    PRIMARY KEY ("operationId", "index"),
    CONSTRAINT "Decision_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Person" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" TEXT NOT NULL,
    "createdAt" TEXT NOT NULL,
    "removedAt" TEXT
);

-- CreateTable
CREATE TABLE "Account" (
    "surface" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "personId" INTEGER NOT NULL,

    PRIMARY KEY ("surface", "accountId"),
    CONSTRAINT "Account_personId_fkey" FOREIGN KEY ("personId") REFERENCES "Person" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Grant" (
    "personId" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "scope" TEXT NOT NULL,

    PRIMARY KEY ("personId", "role", "scope"),
    CONSTRAINT "Grant_personId_fkey" FOREIGN KEY ("personId") REFERENCES "Person" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "LinkCode" (
    "codeHash" TEXT NOT NULL PRIMARY KEY,
    "personId" INTEGER NOT NULL,
    "expiresAt" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "LinkFailure" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "surface" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "at" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Freeze" (
    "workspace" TEXT NOT NULL PRIMARY KEY,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    "until" TEXT
);

-- CreateTable
CREATE TABLE "GuestMark" (
    "cluster" TEXT NOT NULL,
    "vmid" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "mark" TEXT NOT NULL,
    "seenAt" TEXT NOT NULL,

    PRIMARY KEY ("cluster", "vmid")
);

-- CreateTable
CREATE TABLE "AuditEntry" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "workspace" TEXT,
    "operation" INTEGER,
    "subject" TEXT NOT NULL,
    "code" TEXT,
    "data" TEXT NOT NULL,
    "prev" TEXT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateIndex
CREATE INDEX "Operation_state_id_idx" ON "Operation"("state", "id");

-- CreateIndex
CREATE INDEX "OperationStep_cluster_vmid_idx" ON "OperationStep"("cluster", "vmid");

-- CreateIndex
CREATE INDEX "OperationStep_cluster_upid_idx" ON "OperationStep"("cluster", "upid");

-- CreateIndex
CREATE INDEX "LinkFailure_at_idx" ON "LinkFailure"("at");

-- CreateIndex
CREATE INDEX "AuditEntry_operation_idx" ON "AuditEntry"("operation");

-- CreateIndex
CREATE INDEX "AuditEntry_action_seq_idx" ON "AuditEntry"("action", "seq");

-- CreateIndex
CREATE INDEX "AuditEntry_at_idx" ON "AuditEntry"("at");
