-- CreateTable
CREATE TABLE "ChannelBinding" (
    "surface" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "approvals" BOOLEAN NOT NULL,

    PRIMARY KEY ("surface", "channel")
);

-- CreateTable
CREATE TABLE "CardMessage" (
    "operation" INTEGER NOT NULL,
    "surface" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "thread" TEXT,
    "message" TEXT,
    "delivered" TEXT,
    "final" BOOLEAN NOT NULL DEFAULT false,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "notBefore" TEXT,

    PRIMARY KEY ("operation", "surface", "channel")
);

-- CreateTable
CREATE TABLE "Outbox" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "key" TEXT NOT NULL,
    "surface" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "notBefore" TEXT,
    "endedAt" TEXT
);

-- CreateTable
CREATE TABLE "SeenInteraction" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "at" TEXT NOT NULL
);

-- CreateIndex
CREATE INDEX "ChannelBinding_workspace_idx" ON "ChannelBinding"("workspace");

-- CreateIndex
CREATE INDEX "CardMessage_surface_final_operation_idx" ON "CardMessage"("surface", "final", "operation");

-- CreateIndex
CREATE INDEX "CardMessage_surface_channel_message_idx" ON "CardMessage"("surface", "channel", "message");

-- CreateIndex
CREATE UNIQUE INDEX "Outbox_key_key" ON "Outbox"("key");

-- CreateIndex
CREATE INDEX "Outbox_surface_state_channel_id_idx" ON "Outbox"("surface", "state", "channel", "id");

-- CreateIndex
CREATE INDEX "Outbox_endedAt_idx" ON "Outbox"("endedAt");

-- CreateIndex
CREATE INDEX "SeenInteraction_at_idx" ON "SeenInteraction"("at");
