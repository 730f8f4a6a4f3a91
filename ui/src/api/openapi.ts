// Made by `node scripts/api-types.ts` from the OpenAPI document; not to be changed by hand.

export interface paths {
    "/v1/alarms": {
        /**
         * List the alarms that were raised, the latest first
         * @description Alarms that are about the same are one while it lasts: tasks that failed alike (an incident), a breaker, a backlog, a broken channel, a destination that fails.
         */
        get: operations["getAlarms"];
    };
    "/v1/alarms/{id}/acknowledge": {
        /**
         * Say that somebody has it in hand
         * @description Everybody sees who, when and the note. Its alarms go on.
         */
        post: operations["postAlarmsByIdAcknowledge"];
        /** Take back that somebody has it in hand */
        delete: operations["deleteAlarmsByIdAcknowledge"];
    };
    "/v1/apps": {
        /** List calling apps */
        get: operations["getApps"];
        /**
         * Make an app
         * @description The answer is the only one that shows the API key and the signing secret.
         */
        post: operations["postApps"];
    };
    "/v1/apps/{id}": {
        /**
         * Delete an app
         * @description Its key stops working and its name is free again. Its tasks go on.
         */
        delete: operations["deleteAppsById"];
        /** Change an app's name or limits, or disable it */
        patch: operations["patchAppsById"];
    };
    "/v1/apps/{id}/rotate-key": {
        /**
         * Give an app another API key
         * @description The former one works for 24 h more, unless `immediately` is true.
         */
        post: operations["postAppsByIdRotateKey"];
    };
    "/v1/apps/{id}/rotate-secret": {
        /**
         * Give an app another signing secret
         * @description Both sign for 24 h, unless `immediately` is true.
         */
        post: operations["postAppsByIdRotateSecret"];
    };
    "/v1/attempts": {
        /**
         * Calls of all tasks, newest first
         * @description Without the answers, which stand in the task's attempts; `include=response` gives its beginning. Where few calls fit the filters a page may hold fewer than `limit`, and still have a `nextCursor`.
         */
        get: operations["getAttempts"];
    };
    "/v1/audit": {
        /**
         * Who did what, newest first
         * @description Operators may read the entries of one task, `target=task:<id>`; administrators all. What a job did, or an act on many tasks, is one entry; `group` has those of its tasks.
         */
        get: operations["getAudit"];
    };
    "/v1/audit/names": {
        /**
         * Who did what lately, for filters
         * @description Of the latest 5,000 entries.
         */
        get: operations["getAuditNames"];
    };
    "/v1/destinations": {
        /** List target origins, with how they are */
        get: operations["getDestinations"];
    };
    "/v1/destinations/{origin}": {
        /** One target origin */
        get: operations["getDestinationsByOrigin"];
        /** Pause, resume, limit; switch or reset the breaker */
        patch: operations["patchDestinationsByOrigin"];
    };
    "/v1/destinations/{origin}/replay": {
        /**
         * Send again what a destination missed
         * @description Exhausted tasks for this origin that were created from `from` on and before `to`.
         */
        post: operations["postDestinationsByOriginReplay"];
    };
    "/v1/destinations/{origin}/report": {
        /**
         * All that is known of one target origin
         * @description Figures of its calls, its last error and success, who calls it, who paused it, what its breaker did, and the latest outage with what it missed.
         */
        get: operations["getDestinationsByOriginReport"];
    };
    "/v1/incidents": {
        /**
         * List incidents, the one that failed last first
         * @description Tasks that were exhausted, gathered by destination, error code and status.
         */
        get: operations["getIncidents"];
    };
    "/v1/incidents/{id}": {
        /** One incident, and what became of its tasks */
        get: operations["getIncidentsById"];
    };
    "/v1/incidents/{id}/acknowledge": {
        /** Say that somebody has it in hand */
        post: operations["postIncidentsByIdAcknowledge"];
        /** Take back that somebody has it in hand */
        delete: operations["deleteIncidentsByIdAcknowledge"];
    };
    "/v1/incidents/{id}/mute": {
        /**
         * Tell nobody of its further failures, or tell of them again
         * @description While wider mutes hold it back as well, `muted: false` is a `conflict` that names them, and changes nothing.
         */
        post: operations["postIncidentsByIdMute"];
    };
    "/v1/incidents/{id}/resolve": {
        /**
         * Mark its tasks as repaired elsewhere
         * @description Those of its tasks that are exhausted. `dryRun` counts and changes nothing.
         */
        post: operations["postIncidentsByIdResolve"];
    };
    "/v1/incidents/{id}/retry": {
        /**
         * Call its tasks again, now
         * @description Those of its tasks that are exhausted. `dryRun` counts and changes nothing.
         */
        post: operations["postIncidentsByIdRetry"];
    };
    "/v1/jobs": {
        /** List jobs over many tasks, newest first */
        get: operations["getJobs"];
    };
    "/v1/jobs/{jobId}": {
        /** One job: its progress, what it left out, and what became of its tasks */
        get: operations["getJobsByJobId"];
        /** Stop a job; finished tasks stay as they are */
        delete: operations["deleteJobsByJobId"];
        /** Set the pace of a job, pause it or have it go on */
        patch: operations["patchJobsByJobId"];
    };
    "/v1/mutes": {
        /** List the mutes */
        get: operations["getMutes"];
        /**
         * Mute alarms for a time
         * @description By destination, `sourceAppName`, `errorCode` or one alarm (`incident`, an id of `GET /v1/alarms`); where several are given, alarms that fit all. One for the same takes the place of the one before.
         */
        post: operations["postMutes"];
    };
    "/v1/mutes/{id}": {
        /** Tell alarms again */
        delete: operations["deleteMutesById"];
    };
    "/v1/nodes": {
        /**
         * The cluster's nodes
         * @description Every node that is alive. One that does not answer, or vanished within the last five minutes, has `up` false and no figures.
         */
        get: operations["getNodes"];
    };
    "/v1/nodes/{nodeID}/drain": {
        /**
         * Have a node take no more tasks, or take them again
         * @description It finishes what it holds. Until `draining` is false, or the node starts anew.
         */
        post: operations["postNodesByNodeIDDrain"];
    };
    "/v1/queue": {
        /** What waits: due, being called, held, and the oldest */
        get: operations["getQueue"];
    };
    "/v1/search": {
        /**
         * Find tasks, apps, destinations and incidents by what somebody types
         * @description Looks at each place where it can stand: task ids (also their beginning, their end, or as lists shorten them), business, order and idempotency keys, called URLs, payloads, apps, destinations, incidents. Five of each at most. No index knows what stands inside of URLs and payloads: there the newest tasks are looked at for about 100 ms.
         */
        get: operations["getSearch"];
    };
    "/v1/session": {
        /** Who am I */
        get: operations["getSession"];
        /**
         * Log in
         * @description Sets the cookie `bida_session`, behind TLS `__Host-bida_session`, and `bida_device`, by which the browser is known again. A session that the browser had ends.
         */
        post: operations["postSession"];
        /**
         * Log out
         * @description Done as well where there is no session. `everywhere=true`: all sessions of the same user end.
         */
        delete: operations["deleteSession"];
    };
    "/v1/session/password": {
        /**
         * Change one's own password
         * @description Ends all sessions of the user; a request with the cookie gets a new one.
         */
        post: operations["postSessionPassword"];
    };
    "/v1/sessions": {
        /**
         * One's own sessions
         * @description The newest first; all of them, at most 100.
         */
        get: operations["getSessions"];
    };
    "/v1/sessions/{sessionId}": {
        /** End one of one's own sessions */
        delete: operations["deleteSessionsBySessionId"];
    };
    "/v1/stats/destinations": {
        /** Counts and durations per destination, busiest first */
        get: operations["getStatsDestinations"];
    };
    "/v1/stats/errors": {
        /** Failed calls per error code */
        get: operations["getStatsErrors"];
    };
    "/v1/stats/health": {
        /** How destinations are: their calls of the last 5 minutes, hour and day, busiest first */
        get: operations["getStatsHealth"];
    };
    "/v1/stats/series": {
        /**
         * Counts and durations by the minute, hour or day
         * @description At most 1,500 points. Days are those of UTC.
         */
        get: operations["getStatsSeries"];
    };
    "/v1/stats/summary": {
        /** How things stand, and how the last hour and the last 24 hours went */
        get: operations["getStatsSummary"];
    };
    "/v1/tasks": {
        /**
         * List tasks
         * @description Newest first; with `sort=due` open tasks, the one that is due first on top. Without payloads, unless `include=payload`. Where few tasks fit the filters, a page may hold fewer than `limit`, and still have a `nextCursor`.
         */
        get: operations["getTasks"];
        /**
         * Hand over a task
         * @description Answered once the task is committed.
         */
        post: operations["postTasks"];
    };
    "/v1/tasks/{taskId}": {
        /** One task */
        get: operations["getTasksByTaskId"];
    };
    "/v1/tasks/{taskId}/attempts": {
        /**
         * A task's attempts
         * @description Oldest first, unless `order=newest`. A page takes about 4 MiB and may hold fewer than `limit`.
         */
        get: operations["getTasksByTaskIdAttempts"];
    };
    "/v1/tasks/{taskId}/attempts/{n}/reveal": {
        /**
         * One attempt with the secrets of its answer
         * @description Elsewhere users see `******` in the place of credentials in headers of answers, `set-cookie` for instance. It is in the audit log who looked.
         */
        post: operations["postTasksByTaskIdAttemptsByNReveal"];
    };
    "/v1/tasks/{taskId}/cancel": {
        /** End an open task */
        post: operations["postTasksByTaskIdCancel"];
    };
    "/v1/tasks/{taskId}/neighbours": {
        /**
         * The tasks beside one in a list
         * @description The filters and the order are those of `GET /v1/tasks`. The task itself need not fit them any more.
         */
        get: operations["getTasksByTaskIdNeighbours"];
    };
    "/v1/tasks/{taskId}/resend": {
        /**
         * Send a copy of a task, changed
         * @description The body has the fields of a new task that differ, `note` and `resolveOriginal`. Missing fields are the original's; null removes one.
         */
        post: operations["postTasksByTaskIdResend"];
    };
    "/v1/tasks/{taskId}/resolve": {
        /** Mark an exhausted task as repaired elsewhere */
        post: operations["postTasksByTaskIdResolve"];
    };
    "/v1/tasks/{taskId}/retry": {
        /** Call a task again, now */
        post: operations["postTasksByTaskIdRetry"];
    };
    "/v1/tasks/{taskId}/reveal": {
        /**
         * One task with its secrets
         * @description Elsewhere users see `******` in the place of credentials in headers, in the URL's query and in the parameters that are one. It is in the audit log who looked.
         */
        post: operations["postTasksByTaskIdReveal"];
    };
    "/v1/tasks/batch": {
        /** Hand over up to 1,000 tasks */
        post: operations["postTasksBatch"];
    };
    "/v1/tasks/cancel": {
        /**
         * End many open tasks
         * @description Those that a filter finds, or a selection. Where a filter takes several values, one may stand without a list. `dryRun` counts what would be changed, and changes nothing. Retries leave out tasks that a copy stands for.
         */
        post: operations["postTasksCancel"];
    };
    "/v1/tasks/export": {
        /**
         * All tasks that a filter finds, as a stream
         * @description `format=jsonl`: a task per line (`application/x-ndjson`). `format=csv`: RFC 4180 with a header line; values that a spreadsheet would take for a formula begin with an apostrophe.
         */
        get: operations["getTasksExport"];
    };
    "/v1/tasks/resolve": {
        /**
         * Mark many exhausted tasks as repaired elsewhere
         * @description Those that a filter finds, or a selection. Where a filter takes several values, one may stand without a list. `dryRun` counts what would be changed, and changes nothing. Retries leave out tasks that a copy stands for.
         */
        post: operations["postTasksResolve"];
    };
    "/v1/tasks/retry": {
        /**
         * Call many tasks again, now
         * @description Those that a filter finds, or a selection. Where a filter takes several values, one may stand without a list. `dryRun` counts what would be changed, and changes nothing. Retries leave out tasks that a copy stands for.
         */
        post: operations["postTasksRetry"];
    };
    "/v1/tasks/suggestions": {
        /**
         * Values for a filter of tasks, for who types one
         * @description Ten at most. Names that tasks give themselves are those of the newest 5,000.
         */
        get: operations["getTasksSuggestions"];
    };
    "/v1/users": {
        /** List users */
        get: operations["getUsers"];
        /** Make a user */
        post: operations["postUsers"];
    };
    "/v1/users/{id}": {
        /** Delete a user */
        delete: operations["deleteUsersById"];
        /**
         * Change a user's role or password, or disable the user
         * @description A new password, and being disabled, ends all sessions of the user.
         */
        patch: operations["patchUsersById"];
    };
    "/v1/users/{id}/sessions": {
        /** A user's sessions */
        get: operations["getUsersByIdSessions"];
        /** End all sessions of a user */
        delete: operations["deleteUsersByIdSessions"];
    };
    "/v1/views": {
        /** List the saved views of a list */
        get: operations["getViews"];
        /** Save a view, for everybody */
        post: operations["postViews"];
    };
    "/v1/views/{id}": {
        /**
         * Delete a view
         * @description Of one's own; administrators may delete any.
         */
        delete: operations["deleteViewsById"];
        /**
         * Rename a view, or give it other filters
         * @description Of one's own; administrators may change any.
         */
        patch: operations["patchViewsById"];
    };
    "/v1/webhooks": {
        /**
         * List channels
         * @description With their state: `broken` since its last message could not be delivered.
         */
        get: operations["getWebhooks"];
        /** Add a channel */
        post: operations["postWebhooks"];
    };
    "/v1/webhooks/{id}": {
        /** One channel */
        get: operations["getWebhooksById"];
        /**
         * Delete a channel
         * @description Its messages that are under way are canceled.
         */
        delete: operations["deleteWebhooksById"];
        /**
         * Change a channel
         * @description Missing fields stay as they are, secrets too; null takes a field back to its default.
         */
        patch: operations["patchWebhooksById"];
    };
    "/v1/webhooks/{id}/history": {
        /** A channel's messages, newest first */
        get: operations["getWebhooksByIdHistory"];
    };
    "/v1/webhooks/{id}/test": {
        /**
         * Try a channel
         * @description Sends a sample now and says what came back. A body changes the settings for this test only.
         */
        post: operations["postWebhooksByIdTest"];
    };
    "/v1/webhooks/preview": {
        /**
         * See how messages look
         * @description In the channel's language, shortened to what its platform takes: of one alarm and of many, with URLs of 2,048 characters. Nothing is sent.
         */
        post: operations["postWebhooksPreview"];
    };
    "/v1/webhooks/test": {
        /**
         * Try settings that are not saved
         * @description Sends a sample now and says what came back.
         */
        post: operations["postWebhooksTest"];
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Accepted: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            taskId: string;
        };
        /**
         * @example {
         *       "note": "The partner is told"
         *     }
         */
        AcknowledgeRequest: {
            note?: string;
        };
        AlarmMessage: {
            /** @description How many alarms it told of */
            alarms: number;
            createdAt: string;
            /** @description Why the last call failed; what the platform said */
            error: string | null;
            /** @description It is short: the message of this task was refused */
            insteadOf: string | null;
            /**
             * @description `refused`: the platform does not take what it says; it is not sent again
             * @enum {string}
             */
            state: "pending" | "sent" | "failed" | "refused" | "canceled";
            /** @description The task that carried it; `/v1/tasks/{taskId}` and `/attempts` tell the rest */
            taskId: string;
        };
        /** @description Alarms that fit all that is given are kept and told to nobody */
        AlarmMute: {
            by: string;
            createdAt: string;
            destination: string | null;
            errorCode: string | null;
            id: number;
            incident: number | null;
            note: string | null;
            sourceAppName: string | null;
            /** @description Null: until its incident ends */
            until: string | null;
        };
        /**
         * @example {
         *       "destination": "https://shop.example",
         *       "minutes": 120,
         *       "note": "They move house"
         *     }
         */
        AlarmMuteRequest: {
            destination?: string;
            /** @enum {string} */
            errorCode?: "dns" | "refused" | "connect_timeout" | "timeout" | "tls" | "reset" | "blocked" | "too_large_headers" | "bad_response" | "bad_encoding" | "bad_status" | "unexpected_result" | "bad_request" | "expired" | "stopped" | "corrupt" | "crashed" | "overrun" | "unreachable" | "proxy";
            incident?: number;
            /** @description For how long */
            minutes?: number;
            note?: string;
            sourceAppName?: string;
        };
        App: {
            /** @description Where its business key stands in what new tasks send */
            businessKeyPath: string | null;
            /** Format: date-time */
            createdAt: string;
            disabled: boolean;
            id: number;
            /** @description Ranges it may call from; empty: from anywhere */
            ipAllow: string[];
            name: string;
            /** @description Until when the key before works */
            previousKeyUntil: string | null;
            /** @description Until when the secret before signs as well */
            previousSecretUntil: string | null;
            /** @description At each node with the API; null: no limit */
            ratePerSecond: number | null;
            /** @description Whether its callbacks are signed */
            signing: boolean;
            /** @description Whether what operators resend in its name is signed as its own */
            signResends: boolean;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @example {
         *       "ratePerSecond": null
         *     }
         * @example {
         *       "disabled": true
         *     }
         */
        AppChange: {
            /** @description JSONPath (RFC 9535) of the business key in what its new tasks send, such as `$.orderNo`: lists show it and find it */
            businessKeyPath?: string | null;
            disabled?: boolean;
            ipAllow?: string[];
            name?: string;
            ratePerSecond?: number | null;
            signResends?: boolean;
        };
        /**
         * @example {
         *       "name": "shop",
         *       "ipAllow": [
         *         "10.1.0.0/16"
         *       ],
         *       "ratePerSecond": 50,
         *       "businessKeyPath": "$.orderNo"
         *     }
         */
        AppRequest: {
            /**
             * @description JSONPath (RFC 9535) of the business key in what its new tasks send, such as `$.orderNo`: lists show it and find it
             * @default null
             */
            businessKeyPath?: string | null;
            /** @default [] */
            ipAllow?: string[];
            name: string;
            /** @default null */
            ratePerSecond?: number | null;
            /** @default false */
            signResends?: boolean;
        };
        /** @description One call that was made */
        Attempt: {
            durationMs: number;
            errorCode: string | null;
            errorMessage: string | null;
            /** @description 1 for a task's first call */
            n: number;
            /** @description Who called */
            node: string;
            /** @enum {string} */
            outcome: "succeeded" | "failed";
            phases: components["schemas"]["CallPhases"] | null;
            /** @description At most 65535 bytes of it, decoded */
            responseBody: string | null;
            /**
             * @description `base64`: the bytes of `responseBody` are no text in the answer's charset, or its content-encoding could not be decoded; they are kept as base64
             * @enum {string}
             */
            responseEncoding: "text" | "base64";
            responseHeaders: {
                [key: string]: string | string[];
            } | null;
            responseTruncated: boolean;
            /** Format: date-time */
            startedAt: string;
            /** @description Null: no answer came */
            statusCode: number | null;
        };
        /** @description A call, without its answer */
        AttemptItem: {
            /** @description The URL that is called, where it is another: placeholders filled, the query added, secrets masked. Null: it is `url`, or not known (payloads are encrypted, or the task is older than this field) */
            calledUrl: string | null;
            durationMs: number;
            errorCode: string | null;
            errorMessage: string | null;
            n: number;
            node: string;
            /** @enum {string} */
            outcome: "succeeded" | "failed";
            phases: components["schemas"]["CallPhases"] | null;
            /** @enum {string} */
            requestMethod: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            /** @description With `include=response`: the first 200 characters of the answer; null where it is none, no text, or encrypted */
            responseStart?: string | null;
            sourceAppName: string | null;
            startedAt: string;
            statusCode: number | null;
            targetAppName: string | null;
            taskId: string;
            /**
             * @description `pending` also while it is being delivered
             * @enum {string}
             */
            taskState: "pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved";
            url: string;
        };
        AuditEntry: {
            /** @description `thing.verb`, such as `app.create` */
            action: string;
            actor: {
                id: number | null;
                /** @enum {string} */
                kind: "user" | "app" | "node" | "repl";
                name: string;
            };
            after: unknown;
            /** Format: date-time */
            at: string;
            before: unknown;
            /** @description The job, or the act on many tasks, that it is part of; the entry whose target it is stands for all */
            group: string | null;
            /** Format: uuid */
            id: string;
            note: string | null;
            requestPath: string | null;
            sourceIp: string | null;
            target: {
                id: string | null;
                /** @description Of a user, an app, a channel, a view or a mute, also of one that is deleted; of an incident */
                name: string | null;
                type: string;
            };
        };
        AuditNames: {
            actions: string[];
            actors: string[];
            /** @description Kinds of targets */
            targets: string[];
        };
        BatchItem: {
            body?: string | null;
            bodyBase64?: string | null;
            callAt?: string | null;
            contentType?: string | null;
            delayMs?: number | null;
            expect?: components["schemas"]["Expectation"] | null;
            expectResult?: string | null;
            expiresAt?: string | null;
            headers?: {
                [key: string]: string;
            } | null;
            idempotencyKey?: string | null;
            /** @description How many automatic calls at most */
            limitCallCount: number;
            orderKey?: string | null;
            /** @enum {string} */
            requestMethod: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            requestParam?: {
                [key: string]: components["schemas"]["Json"];
            } | null;
            retry?: components["schemas"]["RetryPolicy"] | null;
            sourceAppName?: string | null;
            targetAppName?: string | null;
            timeoutMs?: number | null;
            /** @description http or https. `{name}` is filled from `requestParam`, percent-encoded */
            url: string;
        };
        /**
         * @example {
         *       "tasks": [
         *         {
         *           "url": "https://shop.example/paid",
         *           "requestMethod": "POST",
         *           "requestParam": {
         *             "id": 1
         *           },
         *           "limitCallCount": 10
         *         }
         *       ]
         *     }
         */
        BatchRequest: {
            tasks: components["schemas"]["BatchItem"][];
        };
        BatchResults: {
            results: (components["schemas"]["Accepted"] | {
                errors: components["schemas"]["FieldError"][];
            })[];
        };
        /**
         * @example {
         *       "dryRun": true
         *     }
         * @example {
         *       "note": "The partner is back"
         *     }
         */
        BulkOptions: {
            /** @default false */
            dryRun?: boolean;
            expected?: number;
            note?: string;
            /** @description At most so many tasks per second; a job works on them, however few they are */
            pace?: number;
            /**
             * @description `once`: one more call. `whole`: `limitCallCount` calls, by its `retry` from the beginning
             * @enum {string}
             */
            schedule?: "once" | "whole";
        };
        BulkPreview: {
            /** @description There are more: every figure is a lower bound */
            atLeast: boolean;
            changed: number;
            looked: number;
            /** @description Reason: how many */
            skipped: {
                [key: string]: number;
            };
            states: {
                changed: number;
                /** @description Reason: how many */
                skipped: {
                    [key: string]: number;
                };
                /** @enum {string} */
                state: "pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved";
            }[];
        };
        /**
         * @example {
         *       "filter": {
         *         "state": [
         *           "exhausted"
         *         ],
         *         "errorCode": [
         *           "refused"
         *         ]
         *       },
         *       "dryRun": true
         *     }
         * @example {
         *       "filter": {
         *         "state": [
         *           "exhausted"
         *         ],
         *         "url": "shop.example"
         *       },
         *       "expected": 120,
         *       "note": "The shop is repaired"
         *     }
         * @example {
         *       "filter": {
         *         "state": [
         *           "exhausted"
         *         ],
         *         "url": "shop.example"
         *       },
         *       "schedule": "whole",
         *       "pace": 20
         *     }
         * @example {
         *       "taskIds": [
         *         "0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d37"
         *       ]
         *     }
         */
        BulkRequest: {
            /** @default false */
            dryRun?: boolean;
            expected?: number;
            filter?: {
                /** @description Name of the app whose key handed them over */
                app?: string;
                /** @description What its app calls it by (`businessKeyPath` of the app) */
                businessKey?: string;
                /** Format: date-time */
                createdFrom?: string;
                /**
                 * Format: date-time
                 * @description Excluded
                 */
                createdTo?: string;
                /** @description The origin that is called: `https://host:port` */
                destination?: string;
                /** @description Why the last call failed, or the task ended. Repeat it for several */
                errorCode?: string[];
                /**
                 * Format: date-time
                 * @description They ended since
                 */
                finishedFrom?: string;
                /**
                 * Format: date-time
                 * @description They ended before
                 */
                finishedTo?: string;
                /** @description Tasks of this incident */
                incident?: number;
                orderKey?: string;
                /** @description Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked */
                q?: string;
                sourceAppName?: string;
                /** @description Repeat it for several */
                state?: ("pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved")[];
                /** @description Status of the last answer, or a class such as `5xx`. Repeat it for several */
                status?: (number | ("2xx" | "3xx" | "4xx" | "5xx"))[];
                targetAppName?: string;
                /** @description Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query */
                url?: string;
            };
            note?: string;
            /** @description At most so many tasks per second; a job works on them, however few they are */
            pace?: number;
            /**
             * @description `once`: one more call. `whole`: `limitCallCount` calls, by its `retry` from the beginning
             * @enum {string}
             */
            schedule?: "once" | "whole";
            taskIds?: string[];
        } & (unknown | unknown);
        BulkResult: {
            changed: number;
            /** @description matched less expected */
            difference: number | null;
            dryRun: boolean;
            expected: number | null;
            /** @description More than 1,000, or a pace: the job that works on them */
            job: components["schemas"]["Job"] | null;
            matched: number;
            /** @description Of a dry run: what would become of the tasks; otherwise null */
            preview: components["schemas"]["BulkPreview"] | null;
            /** @description Reason: how many */
            skipped: {
                [key: string]: number;
            };
        };
        /** @description Where a call's time went, in ms. A phase that it did not come to is null; a failed call ended in the last one that is not. Null: not measured, as for mail and for calls before this was kept */
        CallPhases: {
            /** @description From there to the last byte that was read */
            body: number | null;
            /** @description TCP; through an outbound proxy: to it, and its tunnel */
            connect: number | null;
            /** @description The name; null where the URL has an address */
            dns: number | null;
            /** @description From sending the request to the first byte of the answer */
            firstByte: number | null;
            /** @description On a connection that was open already: without `dns`, `connect` and `tls` */
            reused: boolean;
            /** @description The TLS handshake */
            tls: number | null;
        };
        CreatedApp: {
            /** @description Where its business key stands in what new tasks send */
            businessKeyPath: string | null;
            /** Format: date-time */
            createdAt: string;
            disabled: boolean;
            id: number;
            /** @description Ranges it may call from; empty: from anywhere */
            ipAllow: string[];
            key: string;
            name: string;
            /** @description Until when the key before works */
            previousKeyUntil: string | null;
            /** @description Until when the secret before signs as well */
            previousSecretUntil: string | null;
            /** @description At each node with the API; null: no limit */
            ratePerSecond: number | null;
            /** @description Whether its callbacks are signed */
            signing: boolean;
            signingSecret: string | null;
            /** @description Whether what operators resend in its name is signed as its own */
            signResends: boolean;
            /** Format: date-time */
            updatedAt: string;
        };
        Destination: {
            breaker: {
                enabled: boolean;
                /** @description Failures in a row */
                failures: number;
                /** @description When it is probed next */
                probeAt: string | null;
                /** @description When it opened */
                since: string | null;
                /** @enum {string} */
                state: "closed" | "open" | "half_open";
            };
            concurrency: number | null;
            firstSeenAt: string;
            /** @description Tasks that are claimed: being called, or about to be */
            inFlight: number;
            /** @description Whether connections are kept open between calls */
            keepAlive: boolean;
            /** @description How long calls of kkbida's tasks may take, in ms; null: as they were accepted with */
            legacyTimeoutMs: number | null;
            origin: string;
            paused: boolean;
            ratePerSecond: number | null;
            /** @description Tasks that are due and wait for their turn */
            ready: number;
            /** @description Calls that may be claimed at once just now */
            window: number | null;
        };
        /**
         * @description Missing fields stay as they are
         * @example {
         *       "paused": true,
         *       "note": "They deploy until noon"
         *     }
         * @example {
         *       "concurrency": 4,
         *       "ratePerSecond": 20
         *     }
         * @example {
         *       "keepAlive": false
         *     }
         * @example {
         *       "legacyTimeoutMs": 120000
         *     }
         * @example {
         *       "breaker": {
         *         "reset": true
         *       }
         *     }
         */
        DestinationChange: {
            breaker?: {
                enabled?: boolean;
                /** @constant */
                reset?: true;
            };
            concurrency?: number | null;
            /** @description False: each call has a connection of its own (`connection: close`) */
            keepAlive?: boolean;
            /** @description How long calls of kkbida's tasks may take, in ms, also of those that wait already */
            legacyTimeoutMs?: number | null;
            /** @description Why, for the audit log */
            note?: string;
            paused?: boolean;
            ratePerSecond?: number | null;
        };
        DestinationReport: {
            at: string;
            /** @description Newest first */
            breakerEvents: {
                at: string;
                /** @enum {string} */
                change: "opened" | "closed";
                failures: number | null;
            }[];
            /** @description Of the last day, busiest first; id 0: users */
            callers: {
                app: {
                    id: number;
                    name: string | null;
                };
                calls: number;
                failed: number;
            }[];
            /** @description tasks */
            exhausted: {
                /** @description There may be more: only the newest 20,000 of all destinations were looked at */
                atLeast: boolean;
                count: number;
            };
            /** @description False: too many destinations were called for figures of its own; those of calls are 0 then */
            keptApart: boolean;
            last5Minutes: {
                accepted: number;
                calls: number;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                retries: number;
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
            };
            lastDay: {
                accepted: number;
                calls: number;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                retries: number;
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
            };
            /** @description Among the newest 20,000 calls of all destinations */
            lastError: components["schemas"]["AttemptItem"] | null;
            lastHour: {
                accepted: number;
                calls: number;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                retries: number;
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
            };
            lastSuccess: components["schemas"]["AttemptItem"] | null;
            /** @description tasks */
            open: {
                /** @description There may be more: only the newest 20,000 of all destinations were looked at */
                atLeast: boolean;
                count: number;
            };
            origin: string;
            /** @description The latest of the last 48 hours */
            outage: {
                calls: number;
                failed: number;
                /** @description To the minute */
                from: string;
                /** @description Tasks exhausted in it that still are; `from` and `to` are for a replay */
                missed: {
                    /** @description There may be more: only the newest 20,000 of all destinations were looked at */
                    atLeast: boolean;
                    count: number;
                    from: string | null;
                    to: string | null;
                };
                /** @description Null: it goes on */
                to: string | null;
            } | null;
            paused: {
                at: string;
                /** @description For operators */
                by: {
                    id: number | null;
                    /** @enum {string} */
                    kind: "user" | "app" | "node" | "repl";
                    name: string;
                } | null;
                note: string | null;
            } | null;
        };
        /**
         * @example {
         *       "draining": true,
         *       "note": "new kernel"
         *     }
         */
        Drain: {
            draining: boolean;
            note?: string;
        };
        Drained: {
            draining: boolean;
            /** @description Tasks that it still holds */
            held: number;
            nodeID: string;
        };
        /**
         * @example {
         *       "note": "Booked by hand"
         *     }
         */
        EndRequest: {
            note?: string;
        };
        /** @description Proof of success; all that is given must hold */
        Expectation: {
            /** @description Text the body must contain */
            contains?: string;
            /** @description The whole body, exactly */
            equals?: string;
            /** @description JSONPath (RFC 9535) → the value it must select */
            json?: {
                [key: string]: components["schemas"]["Json"];
            };
            /** @description RE2 pattern that must match somewhere in the body */
            matches?: string;
            /** @description How much of the answer is looked at, in bytes. Default 1048576; no more than that for `json`, `equals`, `matches` and answers with a content-encoding */
            maxBytes?: number;
            /** @description Codes, or a class such as "2xx", which is the default */
            status?: number[] | string;
            /** @description Codes, or a class, of failed calls that end the task at once with `stopped`. Default [410] */
            stop?: number[] | string;
        };
        FieldError: {
            /** @description A path such as `retry.delayMs` */
            field: string;
            /** @description The rule it breaks */
            message: string;
        };
        Health: {
            ok: boolean;
            /** @description Part → null where usable, else the reason why not */
            parts: {
                [key: string]: string | null;
            };
        };
        Incident: {
            acknowledged: {
                at: string;
                by: string;
                note: string | null;
            } | null;
            destination: string | null;
            /** @description When none of its tasks was exhausted any more; null: it is open */
            endedAt: string | null;
            errorCode: string;
            first: {
                error: string;
                taskId: string;
            };
            firstAt: string;
            id: number;
            last: {
                error: string;
                taskId: string;
            };
            lastAt: string;
            /** @description None of its alarms is told */
            muted: boolean;
            /** @description Null: until it ends, or it is not muted */
            mutedUntil: string | null;
            /** @description Null: there was no answer */
            statusCode: number | null;
            /** @description How many were exhausted in it */
            tasks: number;
        };
        IncidentDetail: {
            acknowledged: {
                at: string;
                by: string;
                note: string | null;
            } | null;
            /** @description How many of its tasks `outcome` is about, with those that were pruned: fewer than `tasks` where there are more */
            counted: number;
            destination: string | null;
            /** @description When none of its tasks was exhausted any more; null: it is open */
            endedAt: string | null;
            errorCode: string;
            first: {
                /** @description What was answered; null where the call is not on record: it was never made, or is pruned */
                answer: {
                    /** @description The first 500 characters of the answer; null where it is none, or no text */
                    bodyStart: string | null;
                    /** @description Which of the task's calls it was */
                    n: number;
                    /** @description Null: no answer came */
                    statusCode: number | null;
                    /** @description There is more of the body */
                    truncated: boolean;
                } | null;
                error: string;
                taskId: string;
            };
            firstAt: string;
            id: number;
            last: {
                /** @description What was answered; null where the call is not on record: it was never made, or is pruned */
                answer: {
                    /** @description The first 500 characters of the answer; null where it is none, or no text */
                    bodyStart: string | null;
                    /** @description Which of the task's calls it was */
                    n: number;
                    /** @description Null: no answer came */
                    statusCode: number | null;
                    /** @description There is more of the body */
                    truncated: boolean;
                } | null;
                error: string;
                taskId: string;
            };
            lastAt: string;
            /** @description None of its alarms is told */
            muted: boolean;
            /** @description Null: until it ends, or it is not muted */
            mutedUntil: string | null;
            /** @description What became of its tasks, of the oldest 20,000 at most; those that were pruned are missing */
            outcome: {
                canceled: number;
                exhausted: number;
                pending: number;
                resolved: number;
                succeeded: number;
            };
            /** @description Null: there was no answer */
            statusCode: number | null;
            /** @description How many were exhausted in it */
            tasks: number;
        };
        Job: {
            by: {
                id: number | null;
                /** @enum {string} */
                kind: "user" | "app" | "node" | "repl";
                name: string;
            };
            changed: number;
            /** Format: date-time */
            createdAt: string;
            done: number;
            expected: number | null;
            filter: {
                /** @description Name of the app whose key handed them over */
                app?: string;
                /** @description What its app calls it by (`businessKeyPath` of the app) */
                businessKey?: string;
                /** Format: date-time */
                createdFrom?: string;
                /**
                 * Format: date-time
                 * @description Excluded
                 */
                createdTo?: string;
                /** @description The origin that is called: `https://host:port` */
                destination?: string;
                /** @description Why the last call failed, or the task ended. Repeat it for several */
                errorCode?: string[];
                /**
                 * Format: date-time
                 * @description They ended since
                 */
                finishedFrom?: string;
                /**
                 * Format: date-time
                 * @description They ended before
                 */
                finishedTo?: string;
                /** @description Tasks of this incident */
                incident?: number;
                orderKey?: string;
                /** @description Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked */
                q?: string;
                sourceAppName?: string;
                /** @description Repeat it for several */
                state?: ("pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved")[];
                /** @description Status of the last answer, or a class such as `5xx`. Repeat it for several */
                status?: (number | ("2xx" | "3xx" | "4xx" | "5xx"))[];
                targetAppName?: string;
                /** @description Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query */
                url?: string;
            };
            finishedAt: string | null;
            id: string;
            /** @enum {string} */
            kind: "retry" | "cancel" | "resolve" | "replay";
            matched: number;
            note: string | null;
            /** @description At most so many tasks per second; null: as many as leave room for others */
            pace: number | null;
            /** @description While it is paused: since when, and who did it */
            paused: {
                /** Format: date-time */
                at: string;
                by: string;
            } | null;
            /** @description What each retry grants; null: the job calls nothing again */
            schedule: ("once" | "whole") | null;
            /** @description Reason: how many */
            skipped: {
                [key: string]: number;
            };
            startedAt: string | null;
            /** @enum {string} */
            state: "waiting" | "running" | "paused" | "finished" | "stopped";
        };
        /**
         * @example {
         *       "pace": 5
         *     }
         * @example {
         *       "paused": true,
         *       "note": "The partner asked for it"
         *     }
         * @example {
         *       "paused": false,
         *       "pace": null
         *     }
         */
        JobChange: {
            note?: string;
            /** @description At most so many tasks per second; null: no limit of its own */
            pace?: number | null;
            paused?: boolean;
        };
        JobDetail: {
            by: {
                id: number | null;
                /** @enum {string} */
                kind: "user" | "app" | "node" | "repl";
                name: string;
            };
            changed: number;
            /** Format: date-time */
            createdAt: string;
            done: number;
            expected: number | null;
            filter: {
                /** @description Name of the app whose key handed them over */
                app?: string;
                /** @description What its app calls it by (`businessKeyPath` of the app) */
                businessKey?: string;
                /** Format: date-time */
                createdFrom?: string;
                /**
                 * Format: date-time
                 * @description Excluded
                 */
                createdTo?: string;
                /** @description The origin that is called: `https://host:port` */
                destination?: string;
                /** @description Why the last call failed, or the task ended. Repeat it for several */
                errorCode?: string[];
                /**
                 * Format: date-time
                 * @description They ended since
                 */
                finishedFrom?: string;
                /**
                 * Format: date-time
                 * @description They ended before
                 */
                finishedTo?: string;
                /** @description Tasks of this incident */
                incident?: number;
                orderKey?: string;
                /** @description Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked */
                q?: string;
                sourceAppName?: string;
                /** @description Repeat it for several */
                state?: ("pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved")[];
                /** @description Status of the last answer, or a class such as `5xx`. Repeat it for several */
                status?: (number | ("2xx" | "3xx" | "4xx" | "5xx"))[];
                targetAppName?: string;
                /** @description Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query */
                url?: string;
            };
            finishedAt: string | null;
            id: string;
            /** @enum {string} */
            kind: "retry" | "cancel" | "resolve" | "replay";
            matched: number;
            note: string | null;
            /** @description Where the tasks that it called again are now; null: it calls nothing again */
            outcome: {
                canceled: number;
                /** @description Tasks that were looked at */
                counted: number;
                /** @description They failed again */
                exhausted: number;
                /** @description Retention has deleted them */
                gone: number;
                open: number;
                resolved: number;
                succeeded: number;
            } | null;
            /** @description At most so many tasks per second; null: as many as leave room for others */
            pace: number | null;
            /** @description While it is paused: since when, and who did it */
            paused: {
                /** Format: date-time */
                at: string;
                by: string;
            } | null;
            /** @description Reason: ids of some of the tasks that were skipped for it */
            samples: {
                [key: string]: string[];
            };
            /** @description What each retry grants; null: the job calls nothing again */
            schedule: ("once" | "whole") | null;
            /** @description Reason: how many */
            skipped: {
                [key: string]: number;
            };
            startedAt: string | null;
            /** @enum {string} */
            state: "waiting" | "running" | "paused" | "finished" | "stopped";
        };
        /** @description Any JSON */
        Json: unknown;
        /**
         * @description Other fields are ignored
         * @example {
         *       "url": "http://stock.example/cb",
         *       "requestMethod": "POST",
         *       "requestParam": {
         *         "city": "上海"
         *       },
         *       "sourceAppName": "shop",
         *       "targetAppName": "stock",
         *       "expectResult": "成功",
         *       "limitCallCount": 3
         *     }
         */
        LegacyTask: {
            /** @description Text the answer must contain */
            expectResult: string;
            limitCallCount: number;
            /** @enum {string} */
            requestMethod: "GET" | "POST";
            requestParam?: {
                [key: string]: components["schemas"]["Json"];
            };
            sourceAppName?: string;
            targetAppName?: string;
            url: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "username": "admin",
         *       "password": "admin"
         *     }
         */
        Login: {
            password: string;
            username: string;
        };
        /**
         * @example {
         *       "muted": true
         *     }
         */
        MuteRequest: {
            /** @description For how long */
            minutes?: number;
            muted: boolean;
            note?: string;
        };
        /** @description The tasks beside one in a list */
        Neighbours: {
            /** @description False: not all tasks were looked at, since few fit the filters; the one that is null may exist */
            complete: boolean;
            /** @description The one below it; null: none */
            next: string | null;
            /** @description The one above it; null: none */
            previous: string | null;
        };
        Node: {
            capacity: number;
            /**
             * Format: date-time
             * @description This machine's clock
             */
            clock?: string;
            cpu: number;
            /** @description It takes no more jobs, and finishes those it holds (REPL: drain) */
            draining: boolean;
            eventLoopDelay: {
                p50: number;
                p99: number;
            };
            held: number;
            inFlight: number;
            /** @description The installation that it is of; null: it has met none, or several */
            installation: string | null;
            leaseMs: number;
            nodeID: string;
            /** @description Node.js's; nodes of an older release do not tell */
            nodeVersion?: string;
            outcomesBuffered: number;
            pid: number;
            rssBytes: number;
            /** @description Tells one `BIDA_SECRET_KEY` from another; null: it has none */
            secretKey?: string | null;
            services: string[];
            /** Format: date-time */
            startedAt: string;
            threads: number;
            /** @constant */
            up: true;
            uptimeMs: number;
            version: string;
        } | {
            nodeID: string;
            /** @constant */
            up: false;
        };
        /**
         * @example {
         *       "currentPassword": "admin",
         *       "newPassword": "correct horse battery"
         *     }
         */
        PasswordChange: {
            currentPassword: string;
            newPassword: string;
        };
        /** @description A refusal (RFC 9457) */
        Problem: {
            /** @enum {string} */
            code: "invalid_json" | "invalid_encoding" | "invalid_task" | "invalid_body" | "invalid_query" | "unauthorized" | "forbidden" | "not_found" | "method_not_allowed" | "state_conflict" | "conflict" | "limit_reached" | "body_too_large" | "unsupported_media_type" | "misdirected" | "idempotency_conflict" | "too_many_requests" | "share_used_up" | "headers_too_large" | "invalid_http" | "internal" | "unavailable" | "unanswered" | "own_callback";
            detail: string;
            /** @description Every wrong field; empty where it is not about fields */
            errors: components["schemas"]["FieldError"][];
            /** @description As the header `X-Request-ID` of the answer; the log names the request by it */
            requestId: string;
            status: number;
            title: string;
            /** @description `/docs/errors#<code>`, a page that explains it */
            type: string;
        };
        Queue: {
            held: {
                count: number;
                more: boolean;
            };
            oldest: {
                /** Format: date-time */
                dueAt: string;
                /** Format: uuid */
                taskId: string;
                waitingMs: number;
            } | null;
            open: number;
            /** @description Null: the due set does not answer */
            places: {
                calling: number;
                due: number;
                soon: number;
            } | null;
        };
        RaisedAlarm: {
            acknowledged: {
                at: string;
                by: string;
                note: string | null;
            } | null;
            /** @description How many alarms there were */
            alarms: number;
            /** @description The channel that is broken, or whose limit the backlog is over */
            channel: {
                id: number;
                name: string | null;
            } | null;
            destination: string | null;
            /** @description When it was over; null: it is open */
            endedAt: string | null;
            errorCode: string | null;
            firstAt: string;
            /** @description Also its incident's, of `exhausted` */
            id: number;
            /** @enum {string} */
            kind: "exhausted" | "breaker" | "backlog" | "channel" | "destination";
            lastAt: string;
            lastError: string | null;
            lastTaskId: string | null;
            /** @description Mutes that hold all of it back */
            mutes: number[];
            /** @enum {string} */
            severity: "warning" | "error" | "critical";
            statusCode: number | null;
            /** @description How many channels it was told to */
            told: number;
        };
        /**
         * @example {
         *       "from": "2026-11-01T00:00:00Z",
         *       "to": "2026-11-02T00:00:00+08:00",
         *       "note": "Its outage"
         *     }
         */
        ReplayRequest: {
            /** @default false */
            dryRun?: boolean;
            expected?: number;
            /** Format: date-time */
            from: string;
            note?: string;
            /** @description At most so many tasks per second; a job works on them, however few they are */
            pace?: number;
            /**
             * @description `once`: one more call. `whole`: `limitCallCount` calls, by its `retry` from the beginning
             * @enum {string}
             */
            schedule?: "once" | "whole";
            /** Format: date-time */
            to: string;
        };
        /**
         * @example {
         *       "url": "https://shop.example/v2/paid",
         *       "note": "It has moved",
         *       "resolveOriginal": true
         *     }
         */
        ResendRequest: {
            body?: string | null;
            bodyBase64?: string | null;
            callAt?: string | null;
            contentType?: string | null;
            delayMs?: number | null;
            expect?: components["schemas"]["Expectation"] | null;
            expectResult?: string | null;
            expiresAt?: string | null;
            headers?: {
                [key: string]: string;
            } | null;
            /** @description How many automatic calls at most */
            limitCallCount?: number;
            note?: string;
            orderKey?: string | null;
            /** @enum {string} */
            requestMethod?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            requestParam?: {
                [key: string]: components["schemas"]["Json"];
            } | null;
            /** @description Once the copy succeeds, the original is resolved, if it is exhausted then */
            resolveOriginal?: boolean;
            retry?: components["schemas"]["RetryPolicy"] | null;
            sourceAppName?: string | null;
            targetAppName?: string | null;
            timeoutMs?: number | null;
            /** @description http or https. `{name}` is filled from `requestParam`, percent-encoded */
            url?: string;
        };
        /** @description Pauses between calls, in ms. `jitter` lengthens each by a random part, up to that share of itself */
        RetryPolicy: {
            delayMs: number;
            jitter?: number;
            /** @description Failures that are worth another call: statuses, classes, and codes of failed calls. Any other ends the task with `stopped`. Default: all */
            on?: (number | ("2xx" | "3xx" | "4xx" | "5xx" | "dns" | "refused" | "connect_timeout" | "timeout" | "tls" | "reset" | "blocked" | "too_large_headers" | "bad_response" | "bad_encoding" | "bad_status" | "unexpected_result" | "bad_request" | "crashed" | "overrun" | "unreachable" | "proxy"))[];
            /** @constant */
            strategy: "fixed";
        } | {
            delayMs: number;
            factor: number;
            jitter?: number;
            maxDelayMs: number;
            /** @description Failures that are worth another call: statuses, classes, and codes of failed calls. Any other ends the task with `stopped`. Default: all */
            on?: (number | ("2xx" | "3xx" | "4xx" | "5xx" | "dns" | "refused" | "connect_timeout" | "timeout" | "tls" | "reset" | "blocked" | "too_large_headers" | "bad_response" | "bad_encoding" | "bad_status" | "unexpected_result" | "bad_request" | "crashed" | "overrun" | "unreachable" | "proxy"))[];
            /** @constant */
            strategy: "exponential";
        } | {
            delaysMs: number[];
            jitter?: number;
            /** @description Failures that are worth another call: statuses, classes, and codes of failed calls. Any other ends the task with `stopped`. Default: all */
            on?: (number | ("2xx" | "3xx" | "4xx" | "5xx" | "dns" | "refused" | "connect_timeout" | "timeout" | "tls" | "reset" | "blocked" | "too_large_headers" | "bad_response" | "bad_encoding" | "bad_status" | "unexpected_result" | "bad_request" | "crashed" | "overrun" | "unreachable" | "proxy"))[];
            /** @constant */
            strategy: "schedule";
        };
        /**
         * @example {
         *       "note": "The target is repaired"
         *     }
         * @example {
         *       "force": true
         *     }
         * @example {
         *       "schedule": "whole"
         *     }
         */
        RetryRequest: {
            /**
             * @description Whether a task that has succeeded is called again
             * @default false
             */
            force?: boolean;
            note?: string;
            /**
             * @description `once`: one more call. `whole`: `limitCallCount` calls, by its `retry` from the beginning
             * @default once
             * @enum {string}
             */
            schedule?: "once" | "whole";
        };
        /**
         * @description True: the old one ends now, not after 24 h
         * @example {
         *       "immediately": true
         *     }
         */
        Rotation: {
            /** @default false */
            immediately?: boolean;
        };
        SearchAnswer: {
            groups: ({
                /** @description Whether all was looked at, and is among `items` */
                complete: boolean;
                items: components["schemas"]["TaskItem"][];
                /** @enum {string} */
                place: "taskId" | "businessKey" | "orderKey" | "idempotencyKey" | "url" | "payload";
                /** @description Why this place was not searched; `encrypted`: payloads are, and nothing in them can be found */
                unsearched: ("encrypted" | "failed") | null;
            } | {
                /** @description Whether all was looked at, and is among `items` */
                complete: boolean;
                items: {
                    /** @enum {string} */
                    field: "app" | "sourceAppName" | "targetAppName";
                    name: string;
                }[];
                /** @constant */
                place: "app";
                /** @description Why this place was not searched; `encrypted`: payloads are, and nothing in them can be found */
                unsearched: ("encrypted" | "failed") | null;
            } | {
                /** @description Whether all was looked at, and is among `items` */
                complete: boolean;
                items: {
                    origin: string;
                }[];
                /** @constant */
                place: "destination";
                /** @description Why this place was not searched; `encrypted`: payloads are, and nothing in them can be found */
                unsearched: ("encrypted" | "failed") | null;
            } | {
                /** @description Whether all was looked at, and is among `items` */
                complete: boolean;
                items: components["schemas"]["Incident"][];
                /** @constant */
                place: "incident";
                /** @description Why this place was not searched; `encrypted`: payloads are, and nothing in them can be found */
                unsearched: ("encrypted" | "failed") | null;
            })[];
        };
        Session: {
            /** @description Null: Basic credentials, which do not expire */
            expiresAt: string | null;
            /** @description The password is the default one that everybody knows */
            mustChangePassword: boolean;
            user: {
                id: number;
                /** @enum {string} */
                role: "viewer" | "operator" | "admin";
                username: string;
            };
        };
        SessionItem: {
            /** Format: date-time */
            createdAt: string;
            /** @description Whether it is the one that asks */
            current: boolean;
            /** Format: date-time */
            expiresAt: string;
            /** @description Names it; it is no credential */
            id: string;
            /** @description Where it began */
            sourceIp: string | null;
            /**
             * Format: date-time
             * @description To some minutes
             */
            usedAt: string;
            userAgent: string | null;
        };
        StatsDestinations: {
            from: string;
            items: {
                accepted: number;
                calls: number;
                destination: string;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                retries: number;
                sparkline: {
                    at: string;
                    calls: number;
                    failed: number;
                }[];
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
            }[];
            nextCursor: null;
            /** @enum {string} */
            step: "minute" | "hour" | "day";
            to: string;
        };
        StatsErrors: {
            from: string;
            items: {
                count: number;
                errorCode: string;
                sparkline: {
                    at: string;
                    count: number;
                }[];
            }[];
            nextCursor: null;
            /** @enum {string} */
            step: "minute" | "hour" | "day";
            to: string;
        };
        StatsHealth: {
            at: string;
            items: {
                destination: string;
                last5Minutes: {
                    accepted: number;
                    calls: number;
                    /** @description tasks */
                    exhausted: number;
                    /** @description calls */
                    failed: number;
                    /** @description ms, within 5 % */
                    p50: number | null;
                    /** @description ms, within 5 % */
                    p95: number | null;
                    /** @description ms, within 5 % */
                    p99: number | null;
                    retries: number;
                    /** @description calls */
                    succeeded: number;
                    /** @description 0 to 1 */
                    successRate: number | null;
                };
                lastDay: {
                    accepted: number;
                    calls: number;
                    /** @description tasks */
                    exhausted: number;
                    /** @description calls */
                    failed: number;
                    /** @description ms, within 5 % */
                    p50: number | null;
                    /** @description ms, within 5 % */
                    p95: number | null;
                    /** @description ms, within 5 % */
                    p99: number | null;
                    retries: number;
                    sparkline: {
                        at: string;
                        calls: number;
                        failed: number;
                    }[];
                    /** @description calls */
                    succeeded: number;
                    /** @description 0 to 1 */
                    successRate: number | null;
                };
                lastFailureAt: string | null;
                lastHour: {
                    accepted: number;
                    calls: number;
                    /** @description tasks */
                    exhausted: number;
                    /** @description calls */
                    failed: number;
                    /** @description ms, within 5 % */
                    p50: number | null;
                    /** @description ms, within 5 % */
                    p95: number | null;
                    /** @description ms, within 5 % */
                    p99: number | null;
                    retries: number;
                    /** @description calls */
                    succeeded: number;
                    /** @description 0 to 1 */
                    successRate: number | null;
                };
                /** @description To the minute, of the last 48 hours */
                lastSuccessAt: string | null;
                /** @description Tasks that have not ended, whenever they are due */
                open: {
                    /** @description There may be more: only 20,000 of all were looked at */
                    atLeast: boolean;
                    count: number;
                };
            }[];
            nextCursor: null;
        };
        StatsSeries: {
            from: string;
            points: {
                accepted: number;
                at: string;
                calls: number;
                canceled: number;
                delivered: number;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                reopened: number;
                resolved: number;
                retries: number;
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
            }[];
            /** @enum {string} */
            step: "minute" | "hour" | "day";
            to: string;
        };
        StatsSummary: {
            attempts: {
                failed: number;
                succeeded: number;
            };
            lastDay: {
                accepted: number;
                calls: number;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                retries: number;
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
                topDestinations: {
                    calls: number;
                    destination: string;
                    failed: number;
                }[];
                topErrors: {
                    count: number;
                    errorCode: string;
                }[];
            };
            lastHour: {
                accepted: number;
                calls: number;
                /** @description tasks */
                exhausted: number;
                /** @description calls */
                failed: number;
                /** @description ms, within 5 % */
                p50: number | null;
                /** @description ms, within 5 % */
                p95: number | null;
                /** @description ms, within 5 % */
                p99: number | null;
                retries: number;
                /** @description calls */
                succeeded: number;
                /** @description 0 to 1 */
                successRate: number | null;
                topDestinations: {
                    calls: number;
                    destination: string;
                    failed: number;
                }[];
                topErrors: {
                    count: number;
                    errorCode: string;
                }[];
            };
            oldestWaiting: {
                dueAt: string;
                taskId: string;
                waitingMs: number;
            } | null;
            /** @description how many there are now */
            tasks: {
                canceled: number;
                exhausted: number;
                pending: number;
                resolved: number;
                succeeded: number;
            };
            totals: {
                accepted: number;
                calls: number;
                failed: number;
                succeeded: number;
            };
        };
        /**
         * @example {
         *       "note": "The wrong filter"
         *     }
         */
        StopRequest: {
            note?: string;
        };
        Suggestions: {
            items: string[];
        };
        Task: {
            /** @description Name of the app whose key handed it over, also of one that is deleted. Null: a user did, or kkbida's endpoint. `sourceAppName` is what the request says */
            app: string | null;
            body: string | null;
            bodyBase64: string | null;
            /** @description What its app calls it by, taken out of its payload (`businessKeyPath` of the app) */
            businessKey: string | null;
            /** @description Calls on record, by schedule and by hand */
            callCount: number;
            /** @description The URL that is called, where it is another: placeholders filled, the query added, secrets masked. Null: it is `url`, or not known (payloads are encrypted, or the task is older than this field) */
            calledUrl: string | null;
            contentType: string | null;
            /** Format: date-time */
            createdAt: string;
            expect: components["schemas"]["Expectation"] | null;
            expectResult: string | null;
            expiresAt: string | null;
            finishedAt: string | null;
            headers: {
                [key: string]: string;
            } | null;
            /** @description The task of the same `orderKey` that is to be delivered now. Lists leave it out */
            heldBy?: string | null;
            /** @description Of the last failed call; codes: [/docs/errors](/docs/errors) */
            lastError: {
                code: string;
                message: string;
            } | null;
            limitCallCount: number;
            /** @description Null once ended, and while an earlier task of its `orderKey` holds it back */
            nextCallAt: string | null;
            orderKey: string | null;
            /** @description Of a pending task: when its calls come, the next one first, if each fails as it is called. None comes earlier; jitter and what calls take make it later. Lists leave it out */
            plannedCalls?: string[];
            /** @description How its target is called, where it was handed over as kkbida's users do; null: as v1 says */
            profile: ("kkbida" | "kkbida-query") | null;
            /** @description The copy, or copy of a copy, that has succeeded or is still open: retries of many tasks leave this one alone. Lists leave it out */
            replacedBy?: {
                /** @enum {string} */
                state: "succeeded" | "pending";
                /**
                 * Format: uuid
                 * @description UUIDv7
                 */
                taskId: string;
            } | null;
            /** @enum {string} */
            requestMethod: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            requestParam: {
                [key: string]: components["schemas"]["Json"];
            } | null;
            /** @description The task that this one is a copy of (`/resend`); it may be pruned. Lists leave it out */
            resendOf?: string | null;
            /** @description Copies of this task (`/resend`), the newest first, at most 20. Lists leave it out */
            resentAs?: string[];
            /** @description Of a copy: its original is resolved once it succeeds. Lists leave it out */
            resolvesOriginal?: boolean;
            /** @description Null where it cannot be read: the task is corrupt */
            retry: components["schemas"]["RetryPolicy"] | null;
            sourceAppName: string | null;
            sourceIp: string | null;
            /** @enum {string} */
            state: "pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved";
            targetAppName: string | null;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            taskId: string;
            timeoutMs: number;
            /** Format: date-time */
            updatedAt: string;
            url: string;
        };
        /** @description A task in a list */
        TaskItem: {
            /** @description Name of the app whose key handed it over, also of one that is deleted. Null: a user did, or kkbida's endpoint. `sourceAppName` is what the request says */
            app: string | null;
            /** @description With `include=payload` */
            body?: string | null;
            /** @description With `include=payload` */
            bodyBase64?: string | null;
            /** @description What its app calls it by, taken out of its payload (`businessKeyPath` of the app) */
            businessKey: string | null;
            /** @description Calls on record, by schedule and by hand */
            callCount: number;
            /** @description The URL that is called, where it is another: placeholders filled, the query added, secrets masked. Null: it is `url`, or not known (payloads are encrypted, or the task is older than this field) */
            calledUrl: string | null;
            contentType: string | null;
            /** Format: date-time */
            createdAt: string;
            /** @description With `include=payload` */
            expect?: components["schemas"]["Expectation"] | null;
            /** @description With `include=payload` */
            expectResult?: string | null;
            expiresAt: string | null;
            finishedAt: string | null;
            /** @description With `include=payload` */
            headers?: {
                [key: string]: string;
            } | null;
            /** @description Of the last failed call; codes: [/docs/errors](/docs/errors) */
            lastError: {
                code: string;
                message: string;
            } | null;
            limitCallCount: number;
            /** @description Null once ended, and while an earlier task of its `orderKey` holds it back */
            nextCallAt: string | null;
            orderKey: string | null;
            /** @description How its target is called, where it was handed over as kkbida's users do; null: as v1 says */
            profile: ("kkbida" | "kkbida-query") | null;
            /** @enum {string} */
            requestMethod: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            /** @description With `include=payload` */
            requestParam?: {
                [key: string]: components["schemas"]["Json"];
            } | null;
            /** @description Null where it cannot be read: the task is corrupt */
            retry: components["schemas"]["RetryPolicy"] | null;
            sourceAppName: string | null;
            sourceIp: string | null;
            /** @enum {string} */
            state: "pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved";
            targetAppName: string | null;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            taskId: string;
            timeoutMs: number;
            /** Format: date-time */
            updatedAt: string;
            url: string;
        };
        /**
         * @description One callback to deliver. Null means: not given
         * @example {
         *       "url": "https://shop.example/orders/{id}/paid",
         *       "requestMethod": "POST",
         *       "requestParam": {
         *         "id": 4711,
         *         "amount": "9.90"
         *       },
         *       "limitCallCount": 10
         *     }
         * @example {
         *       "url": "https://stock.example/reserve",
         *       "requestMethod": "PUT",
         *       "body": "{\"sku\":\"A-1\",\"count\":2}",
         *       "contentType": "application/json",
         *       "headers": {
         *         "x-tenant": "eu"
         *       },
         *       "expect": {
         *         "status": [
         *           200,
         *           204
         *         ]
         *       },
         *       "limitCallCount": 5,
         *       "retry": {
         *         "strategy": "exponential",
         *         "delayMs": 1000,
         *         "factor": 2,
         *         "maxDelayMs": 600000,
         *         "jitter": 0.1
         *       },
         *       "timeoutMs": 5000,
         *       "delayMs": 60000,
         *       "sourceAppName": "shop",
         *       "targetAppName": "stock",
         *       "orderKey": "order-4711"
         *     }
         */
        TaskRequest: {
            body?: string | null;
            bodyBase64?: string | null;
            callAt?: string | null;
            contentType?: string | null;
            delayMs?: number | null;
            expect?: components["schemas"]["Expectation"] | null;
            expectResult?: string | null;
            expiresAt?: string | null;
            headers?: {
                [key: string]: string;
            } | null;
            /** @description How many automatic calls at most */
            limitCallCount: number;
            orderKey?: string | null;
            /** @enum {string} */
            requestMethod: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            requestParam?: {
                [key: string]: components["schemas"]["Json"];
            } | null;
            retry?: components["schemas"]["RetryPolicy"] | null;
            sourceAppName?: string | null;
            targetAppName?: string | null;
            timeoutMs?: number | null;
            /** @description http or https. `{name}` is filled from `requestParam`, percent-encoded */
            url: string;
        };
        User: {
            /** Format: date-time */
            createdAt: string;
            disabled: boolean;
            /** @description Whether `BIDA_ADMIN_PASSWORD` is the password */
            environmentPassword: boolean;
            id: number;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
            /** Format: date-time */
            updatedAt: string;
            username: string;
        };
        /**
         * @example {
         *       "role": "viewer"
         *     }
         * @example {
         *       "disabled": true
         *     }
         */
        UserChange: {
            disabled?: boolean;
            password?: string;
            /** @enum {string} */
            role?: "viewer" | "operator" | "admin";
        };
        /**
         * @example {
         *       "username": "lin",
         *       "password": "correct horse battery",
         *       "role": "operator"
         *     }
         */
        UserRequest: {
            password: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
            username: string;
        };
        View: {
            /** Format: date-time */
            createdAt: string;
            id: number;
            name: string;
            /** @description Who made it, and may change it, beside administrators */
            owner: {
                id: number;
                name: string;
            };
            /** @enum {string} */
            page: "tasks";
            query: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @example {
         *       "name": "refused since noon"
         *     }
         */
        ViewChange: {
            name?: string;
            /** @description The query of the page's address, with its filters */
            query?: string;
        };
        /**
         * @example {
         *       "page": "tasks",
         *       "name": "refused today",
         *       "query": "errorCode=refused&createdFrom=-24h"
         *     }
         */
        ViewRequest: {
            name: string;
            /** @enum {string} */
            page: "tasks";
            /** @description The query of the page's address, with its filters */
            query: string;
        };
        /** @description A channel; secrets are masked */
        Webhook: {
            /** @default 10 */
            backlogMinutes: number;
            brokenSince: string | null;
            content: string | null;
            /** @default application/json; charset=utf-8 */
            contentType: string;
            createdAt: string;
            digest: boolean | null;
            enabled: boolean;
            expectResult: string | null;
            filter: {
                /** @default [] */
                destinations: string[];
                /** @default [] */
                kinds: ("exhausted" | "breaker" | "backlog" | "channel")[];
                /**
                 * @default warning
                 * @enum {string}
                 */
                minSeverity: "warning" | "error" | "critical";
                /** @default [] */
                sourceAppNames: string[];
            };
            id: number;
            /**
             * @default zh
             * @enum {string}
             */
            language: "zh" | "en";
            lastError: string | null;
            lastSuccessAt: string | null;
            /** @default 8 */
            limitCallCount: number;
            limits: {
                messages: number;
                seconds: number;
            }[] | null;
            memo: string | null;
            name: string;
            recovered: boolean | null;
            /**
             * @default POST
             * @enum {string}
             */
            requestMethod: "POST" | "PUT" | "PATCH";
            retry: components["schemas"]["RetryPolicy"] | null;
            secret: string | null;
            smtp: {
                from: string;
                host: string;
                password: string | null;
                /** @default 587 */
                port: number;
                /**
                 * @default starttls
                 * @enum {string}
                 */
                tls: "starttls" | "tls" | "none";
                to: string[];
                user: string | null;
            } | null;
            spacing: {
                factor: number;
                maxSeconds: number;
                seconds: number;
            } | null;
            /** @enum {string} */
            state: "ok" | "broken" | "disabled";
            /** @default 10000 */
            timeoutMs: number;
            title: string | null;
            /** @enum {string} */
            type: "dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook";
            updatedAt: string;
            url: string | null;
            /** @description `keyword`: `title` is set, and no message of the template has it: a robot with a keyword refuses them */
            warnings: "keyword"[];
        };
        /**
         * @description Fields of a channel to change, as in `WebhookRequest`; null takes one back to its default
         * @example {
         *       "enabled": false
         *     }
         * @example {
         *       "title": null,
         *       "backlogMinutes": 30
         *     }
         */
        WebhookChange: {
            backlogMinutes?: number | null;
            content?: (string | null) | null;
            contentType?: string | null;
            digest?: boolean | null;
            enabled?: boolean | null;
            expectResult?: (string | null) | null;
            filter?: {
                /** @default [] */
                destinations?: string[];
                /** @default [] */
                kinds?: ("exhausted" | "breaker" | "backlog" | "channel")[];
                /**
                 * @default warning
                 * @enum {string}
                 */
                minSeverity?: "warning" | "error" | "critical";
                /** @default [] */
                sourceAppNames?: string[];
            } | null;
            language?: ("zh" | "en") | null;
            limitCallCount?: number | null;
            limits?: ({
                messages: number;
                seconds: number;
            }[] | null) | null;
            memo?: (string | null) | null;
            name?: string | null;
            recovered?: boolean | null;
            requestMethod?: ("POST" | "PUT" | "PATCH") | null;
            retry?: (components["schemas"]["RetryPolicy"] | null) | null;
            secret?: (string | null) | null;
            smtp?: ({
                from: string;
                host: string;
                password?: string | null;
                /** @default 587 */
                port?: number;
                /**
                 * @default starttls
                 * @enum {string}
                 */
                tls?: "starttls" | "tls" | "none";
                to: string[];
                user?: string | null;
            } | null) | null;
            spacing?: ({
                /** @default 2 */
                factor?: number;
                /** @default 600 */
                maxSeconds?: number;
                /** @default 6 */
                seconds?: number;
            } | null) | null;
            timeoutMs?: number | null;
            title?: (string | null) | null;
            type?: ("dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook") | null;
            url?: (string | null) | null;
        };
        WebhookPreview: {
            /** @description Of many such alarms */
            digest: {
                /** @description Byte for byte, without secrets */
                body: string;
                /** @description Of the whole body, as it is sent */
                bytes: number;
                /** @description The whole would have been longer than the platform takes */
                shortened: boolean;
                /** @description What the platform counts, and what it takes; empty where no limit is known */
                sizes: {
                    max: number;
                    /** @description Which part of the body the platform counts */
                    part: string;
                    size: number;
                    /** @enum {string} */
                    unit: "bytes" | "characters";
                }[];
            };
            /** @description Of one alarm, whose URL has 2,048 characters */
            single: {
                /** @description Byte for byte, without secrets */
                body: string;
                /** @description Of the whole body, as it is sent */
                bytes: number;
                /** @description The whole would have been longer than the platform takes */
                shortened: boolean;
                /** @description What the platform counts, and what it takes; empty where no limit is known */
                sizes: {
                    max: number;
                    /** @description Which part of the body the platform counts */
                    part: string;
                    size: number;
                    /** @enum {string} */
                    unit: "bytes" | "characters";
                }[];
            };
            /** @description `keyword`: `title` is set, and no message of the template has it: a robot with a keyword refuses them */
            warnings: "keyword"[];
        };
        /**
         * @example {
         *       "type": "wecom",
         *       "language": "en",
         *       "title": "[prod]"
         *     }
         */
        WebhookPreviewRequest: {
            content?: string | null;
            /** @default application/json; charset=utf-8 */
            contentType?: string;
            /**
             * @default zh
             * @enum {string}
             */
            language?: "zh" | "en";
            title?: string | null;
            /** @enum {string} */
            type: "dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook";
        };
        /**
         * @description A robot or a hook needs `url`, mail needs `smtp`
         * @example {
         *       "type": "dingtalk",
         *       "name": "Operations",
         *       "url": "https://oapi.dingtalk.com/robot/send?access_token=…",
         *       "secret": "SEC…",
         *       "filter": {
         *         "sourceAppNames": [
         *           "shop"
         *         ],
         *         "minSeverity": "error"
         *       }
         *     }
         * @example {
         *       "type": "email",
         *       "name": "On call",
         *       "smtp": {
         *         "host": "smtp.example",
         *         "from": "bida@shop.example",
         *         "to": [
         *           "oncall@shop.example"
         *         ]
         *       },
         *       "language": "en"
         *     }
         */
        WebhookRequest: {
            /** @default 10 */
            backlogMinutes?: number;
            content?: string | null;
            /** @default application/json; charset=utf-8 */
            contentType?: string;
            digest?: boolean | null;
            /** @default true */
            enabled?: boolean;
            expectResult?: string | null;
            /** @default {} */
            filter?: {
                /** @default [] */
                destinations?: string[];
                /** @default [] */
                kinds?: ("exhausted" | "breaker" | "backlog" | "channel")[];
                /**
                 * @default warning
                 * @enum {string}
                 */
                minSeverity?: "warning" | "error" | "critical";
                /** @default [] */
                sourceAppNames?: string[];
            };
            /**
             * @default zh
             * @enum {string}
             */
            language?: "zh" | "en";
            /** @default 8 */
            limitCallCount?: number;
            limits?: {
                messages: number;
                seconds: number;
            }[] | null;
            memo?: string | null;
            name?: string;
            recovered?: boolean | null;
            /**
             * @default POST
             * @enum {string}
             */
            requestMethod?: "POST" | "PUT" | "PATCH";
            retry?: components["schemas"]["RetryPolicy"] | null;
            secret?: string | null;
            smtp?: {
                from: string;
                host: string;
                password?: string | null;
                /** @default 587 */
                port?: number;
                /**
                 * @default starttls
                 * @enum {string}
                 */
                tls?: "starttls" | "tls" | "none";
                to: string[];
                user?: string | null;
            } | null;
            spacing?: {
                /** @default 2 */
                factor?: number;
                /** @default 600 */
                maxSeconds?: number;
                /** @default 6 */
                seconds?: number;
            } | null;
            /** @default 10000 */
            timeoutMs?: number;
            title?: string | null;
            /** @enum {string} */
            type?: "dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook";
            url?: string | null;
        };
        WebhookTest: {
            body: string | null;
            durationMs: number;
            errorCode: string | null;
            errorMessage: string | null;
            sent: {
                /** @description Byte for byte, without secrets */
                body: string;
                /** @description Of the whole body, as it is sent */
                bytes: number;
                /** @description What the platform counts, and what it takes; empty where no limit is known */
                sizes: {
                    max: number;
                    /** @description Which part of the body the platform counts */
                    part: string;
                    size: number;
                    /** @enum {string} */
                    unit: "bytes" | "characters";
                }[];
            };
            statusCode: number | null;
            succeeded: boolean;
        };
    };
    responses: never;
    parameters: {
        /** @description With the same key and body, the same task id is answered and nothing is stored twice; with another body, 422 */
        IdempotencyKey: string;
        /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
        RequestId: string;
    };
    requestBodies: never;
    headers: {
        /** @description What the request carried as `X-Request-ID`, or an id that was made for it. The log names it */
        RequestId: string;
        /** @description Seconds after which a new try makes sense */
        RetryAfter: number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getAlarms: {
        parameters: {
            query?: {
                acknowledged?: boolean;
                /** @description `nextCursor` of the page before */
                cursor?: string;
                destination?: string;
                errorCode?: string;
                kind?: "exhausted" | "breaker" | "backlog" | "channel" | "destination";
                /** @description How many at most */
                limit?: number;
                state?: "open" | "ended";
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RaisedAlarm"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postAlarmsByIdAcknowledge: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AcknowledgeRequest"];
            };
        };
        responses: {
            /** @description The alarm */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RaisedAlarm"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteAlarmsByIdAcknowledge: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description The alarm */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RaisedAlarm"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getApps: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["App"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postApps: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppRequest"];
            };
        };
        responses: {
            /** @description The app, its key and its secret */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApp"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteAppsById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchAppsById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppChange"];
            };
        };
        responses: {
            /** @description The app */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["App"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postAppsByIdRotateKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            /** @description The app and its new key */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Where its business key stands in what new tasks send */
                        businessKeyPath: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        disabled: boolean;
                        id: number;
                        /** @description Ranges it may call from; empty: from anywhere */
                        ipAllow: string[];
                        key: string;
                        name: string;
                        /** @description Until when the key before works */
                        previousKeyUntil: string | null;
                        /** @description Until when the secret before signs as well */
                        previousSecretUntil: string | null;
                        /** @description At each node with the API; null: no limit */
                        ratePerSecond: number | null;
                        /** @description Whether its callbacks are signed */
                        signing: boolean;
                        /** @description Whether what operators resend in its name is signed as its own */
                        signResends: boolean;
                        /** Format: date-time */
                        updatedAt: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postAppsByIdRotateSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            /** @description The app and its new secret */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Where its business key stands in what new tasks send */
                        businessKeyPath: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        disabled: boolean;
                        id: number;
                        /** @description Ranges it may call from; empty: from anywhere */
                        ipAllow: string[];
                        name: string;
                        /** @description Until when the key before works */
                        previousKeyUntil: string | null;
                        /** @description Until when the secret before signs as well */
                        previousSecretUntil: string | null;
                        /** @description At each node with the API; null: no limit */
                        ratePerSecond: number | null;
                        /** @description Whether its callbacks are signed */
                        signing: boolean;
                        signingSecret: string;
                        /** @description Whether what operators resend in its name is signed as its own */
                        signResends: boolean;
                        /** Format: date-time */
                        updatedAt: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAttempts: {
        parameters: {
            query?: {
                cursor?: string;
                destination?: string;
                errorCode?: string;
                from?: string;
                /** @description The beginning of each answer too */
                include?: "response";
                /** @description How many at most */
                limit?: number;
                outcome?: "succeeded" | "failed";
                status?: number;
                taskId?: string;
                to?: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AttemptItem"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAudit: {
        parameters: {
            query?: {
                action?: string;
                /** @description Name of a user, an app, a node, or of who sat at the REPL */
                actor?: string;
                /** @description `nextCursor` of the page before */
                cursor?: string;
                from?: string;
                /** @description What belongs to a job, or to an act on many tasks. Without it that stays out, unless an action or one target is asked for */
                group?: string;
                /** @description How many at most */
                limit?: number;
                /** @description `type` or `type:id`, such as `task:<id>` */
                target?: string;
                to?: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAuditNames: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description Names */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditNames"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDestinations: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                q?: string;
                state?: "open" | "paused";
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page, in order of origin */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Destination"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDestinationsByOrigin: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description `https://host:port`, percent-encoded */
                origin: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description The destination */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchDestinationsByOrigin: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description `https://host:port`, percent-encoded */
                origin: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DestinationChange"];
            };
        };
        responses: {
            /** @description The destination */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postDestinationsByOriginReplay: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description `https://host:port`, percent-encoded */
                origin: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description Counted, or done */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description More than 1,000 tasks, or a pace: `job` works on them */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDestinationsByOriginReport: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description `https://host:port`, percent-encoded */
                origin: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationReport"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getIncidents: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description How many at most */
                limit?: number;
                state?: "open" | "ended";
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Incident"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getIncidentsById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description The incident */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postIncidentsByIdAcknowledge: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AcknowledgeRequest"];
            };
        };
        responses: {
            /** @description The incident */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteIncidentsByIdAcknowledge: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description The incident */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postIncidentsByIdMute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MuteRequest"];
            };
        };
        responses: {
            /** @description The incident */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDetail"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postIncidentsByIdResolve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BulkOptions"];
            };
        };
        responses: {
            /** @description Counted, or done */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description More than 1,000 tasks: `job` works on them */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postIncidentsByIdRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BulkOptions"];
            };
        };
        responses: {
            /** @description Counted, or done */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description More than 1,000 tasks: `job` works on them */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJobs: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description How many at most */
                limit?: number;
                /** @description Repeat it for several */
                state?: ("waiting" | "running" | "paused" | "finished" | "stopped")[];
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Job"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJobsByJobId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description The job */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobDetail"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteJobsByJobId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StopRequest"];
            };
        };
        responses: {
            /** @description The job */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchJobsByJobId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobChange"];
            };
        };
        responses: {
            /** @description The job */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMutes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All that are in force */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AlarmMute"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postMutes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlarmMuteRequest"];
            };
        };
        responses: {
            /** @description The mute */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlarmMute"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteMutesById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description It is over */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getNodes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All nodes */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Node"][];
                        nextCursor: null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postNodesByNodeIDDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                nodeID: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Drain"];
            };
        };
        responses: {
            /** @description The node */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drained"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getQueue: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description The queue */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSearch: {
        parameters: {
            query: {
                /** @description What somebody typed */
                text: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description Findings, place by place */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchAnswer"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description Who is logged in */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Who is logged in */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: {
                everywhere?: "true" | "false";
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postSessionPassword: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description The sessions */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SessionItem"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSessionsBySessionId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description Names it; it is no credential */
                sessionId: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatsDestinations: {
        parameters: {
            query: {
                /** @description An app's id; 0: users' own tasks */
                app?: number;
                from: string;
                to: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All destinations that are kept apart */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatsDestinations"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatsErrors: {
        parameters: {
            query: {
                /** @description An app's id; 0: users' own tasks */
                app?: number;
                destination?: string;
                from: string;
                to: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All error codes that occurred */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatsErrors"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatsHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All destinations that are kept apart */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatsHealth"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatsSeries: {
        parameters: {
            query: {
                /** @description An app's id; 0: users' own tasks */
                app?: number;
                destination?: string;
                from: string;
                step: "minute" | "hour" | "day";
                to: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description One point per step */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatsSeries"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatsSummary: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description The summary */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatsSummary"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTasks: {
        parameters: {
            query?: {
                /** @description Name of the app whose key handed them over */
                app?: string;
                /** @description What its app calls it by (`businessKeyPath` of the app) */
                businessKey?: string;
                createdFrom?: string;
                /** @description Excluded */
                createdTo?: string;
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description The origin that is called: `https://host:port` */
                destination?: string;
                /** @description Why the last call failed, or the task ended. Repeat it for several */
                errorCode?: string[];
                /** @description They ended since */
                finishedFrom?: string;
                /** @description They ended before */
                finishedTo?: string;
                /** @description Tasks of this incident */
                incident?: number;
                /** @description `payload`: also `requestParam`, `body`, `bodyBase64`, `headers`, `expectResult` and `expect`. A page takes about 4 MiB then, and may hold fewer than `limit` */
                include?: "payload";
                /** @description How many at most */
                limit?: number;
                orderKey?: string;
                /** @description Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked */
                q?: string;
                sort?: "created" | "due";
                sourceAppName?: string;
                /** @description Repeat it for several */
                state?: ("pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved")[];
                /** @description Status of the last answer, or a class such as `5xx`. Repeat it for several */
                status?: (number | ("2xx" | "3xx" | "4xx" | "5xx"))[];
                targetAppName?: string;
                /** @description Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query */
                url?: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["TaskItem"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description With the same key and body, the same task id is answered and nothing is stored twice; with another body, 422 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskRequest"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTasksByTaskId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description The task */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTasksByTaskIdAttempts: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description How many at most */
                limit?: number;
                /** @description What stands first */
                order?: "oldest" | "newest";
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Attempt"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksByTaskIdAttemptsByNReveal: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description The attempt's number */
                n: number;
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EndRequest"];
            };
        };
        responses: {
            /** @description The attempt */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attempt"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksByTaskIdCancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EndRequest"];
            };
        };
        responses: {
            /** @description The task */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTasksByTaskIdNeighbours: {
        parameters: {
            query?: {
                /** @description Name of the app whose key handed them over */
                app?: string;
                /** @description What its app calls it by (`businessKeyPath` of the app) */
                businessKey?: string;
                createdFrom?: string;
                /** @description Excluded */
                createdTo?: string;
                /** @description The origin that is called: `https://host:port` */
                destination?: string;
                /** @description Why the last call failed, or the task ended. Repeat it for several */
                errorCode?: string[];
                /** @description They ended since */
                finishedFrom?: string;
                /** @description They ended before */
                finishedTo?: string;
                /** @description Tasks of this incident */
                incident?: number;
                orderKey?: string;
                /** @description Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked */
                q?: string;
                sort?: "created" | "due";
                sourceAppName?: string;
                /** @description Repeat it for several */
                state?: ("pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved")[];
                /** @description Status of the last answer, or a class such as `5xx`. Repeat it for several */
                status?: (number | ("2xx" | "3xx" | "4xx" | "5xx"))[];
                targetAppName?: string;
                /** @description Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query */
                url?: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        responses: {
            /** @description Those above and below it */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Neighbours"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksByTaskIdResend: {
        parameters: {
            query?: never;
            header?: {
                /** @description With the same key and body, the same task id is answered and nothing is stored twice; with another body, 422 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ResendRequest"];
            };
        };
        responses: {
            /** @description The copy's id */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        resendOf: string;
                        taskId: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksByTaskIdResolve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EndRequest"];
            };
        };
        responses: {
            /** @description The task */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksByTaskIdRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryRequest"];
            };
        };
        responses: {
            /** @description The task */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksByTaskIdReveal: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description UUIDv7 */
                taskId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EndRequest"];
            };
        };
        responses: {
            /** @description The task */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description With the same key and body, the same task id is answered and nothing is stored twice; with another body, 422 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchRequest"];
            };
        };
        responses: {
            /** @description One result per task, in order */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchResults"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksCancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description Counted, or done */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description More than 1,000 tasks, or a pace: `job` works on them */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTasksExport: {
        parameters: {
            query: {
                /** @description Name of the app whose key handed them over */
                app?: string;
                /** @description What its app calls it by (`businessKeyPath` of the app) */
                businessKey?: string;
                createdFrom?: string;
                /** @description Excluded */
                createdTo?: string;
                /** @description The origin that is called: `https://host:port` */
                destination?: string;
                /** @description Why the last call failed, or the task ended. Repeat it for several */
                errorCode?: string[];
                /** @description They ended since */
                finishedFrom?: string;
                /** @description They ended before */
                finishedTo?: string;
                format: "csv" | "jsonl";
                /** @description Tasks of this incident */
                incident?: number;
                orderKey?: string;
                /** @description Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked */
                q?: string;
                sourceAppName?: string;
                /** @description Repeat it for several */
                state?: ("pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved")[];
                /** @description Status of the last answer, or a class such as `5xx`. Repeat it for several */
                status?: (number | ("2xx" | "3xx" | "4xx" | "5xx"))[];
                targetAppName?: string;
                /** @description Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query */
                url?: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description The stream, newest first */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksResolve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description Counted, or done */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description More than 1,000 tasks, or a pace: `job` works on them */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTasksRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description Counted, or done */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description More than 1,000 tasks, or a pace: `job` works on them */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTasksSuggestions: {
        parameters: {
            query: {
                field: "app" | "sourceAppName" | "targetAppName" | "destination" | "errorCode" | "orderKey" | "businessKey";
                /** @description The beginning of an order or business key, a part of anything else */
                text?: string;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description In order */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Suggestions"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUsers: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["User"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postUsers: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserRequest"];
            };
        };
        responses: {
            /** @description The user */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteUsersById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchUsersById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description The user */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUsersByIdSessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description The sessions */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SessionItem"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteUsersByIdSessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getViews: {
        parameters: {
            query?: {
                page?: "tasks";
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All of them, in order of their names */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["View"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postViews: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewRequest"];
            };
        };
        responses: {
            /** @description The view */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["View"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteViewsById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchViewsById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewChange"];
            };
        };
        responses: {
            /** @description The view */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["View"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhooks: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        responses: {
            /** @description All channels */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Webhook"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postWebhooks: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** @description The channel */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhooksById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description The channel */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhooksById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description The channel that was */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchWebhooksById: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The channel */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhooksByIdHistory: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        responses: {
            /** @description A page */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AlarmMessage"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postWebhooksByIdTest: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The platform's answer */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postWebhooksPreview: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookPreviewRequest"];
            };
        };
        responses: {
            /** @description The bodies */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookPreview"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postWebhooksTest: {
        parameters: {
            query?: never;
            header?: {
                /** @description The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log */
                "X-Request-ID"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** @description The platform's answer */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
