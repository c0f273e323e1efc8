/* base/limits.h: every size, depth, count and budget that input can drive, each with its reason. */
#ifndef GX_BASE_LIMITS_H
#define GX_BASE_LIMITS_H

#include <stddef.h>

#define GX_MIB ((size_t)1024 * 1024)

/* Reading */
#define GX_LIMIT_JSON_DEPTH     64u          /* no honest form nests deeper; the parser recurses */
#define GX_LIMIT_JSON_BYTES     (1 * GX_MIB) /* a request body: the 8-page form with all fields is under 64 KiB */
#define GX_LIMIT_NUMBER_DIGITS  1000u        /* characters of one number: decimal128 keeps 34 digits, the rest is exponent */
#define GX_LIMIT_FILE_BYTES     (16 * GX_MIB) /* a package file read from disk */
#define GX_LIMIT_XML_BYTES      (8 * GX_MIB)  /* the largest public BPMN file is under 1 MiB */
#define GX_LIMIT_XML_DEPTH      256u          /* sub-processes nest, people do not: bounds recursion over the tree */
#define GX_LIMIT_XML_ATTRIBUTES 256u          /* libxml2 compares attributes pairwise: 40,000 cost 12 s */
#define GX_LIMIT_FINDINGS       500u          /* a checker's report beyond this helps nobody */

/* Memory of one piece of work; passing it ends that work in an ordinary error */
#define GX_LIMIT_REQUEST_BYTES    (32 * GX_MIB)
#define GX_LIMIT_EVALUATION_BYTES (64 * GX_MIB)
#define GX_LIMIT_COMMAND_BYTES    (64 * GX_MIB)
#define GX_LIMIT_MODEL_BYTES      (256 * GX_MIB)
#define GX_LIMIT_TOOL_BYTES       (2048 * GX_MIB) /* a tool works for one person who waits for it */

/* FEEL */
#define GX_LIMIT_FEEL_STEPS  1000000u /* instructions of one evaluation: about 20 ms */
#define GX_LIMIT_FEEL_DEPTH  200u     /* nested calls, and nesting of the source: bounds the C stack */
#define GX_LIMIT_FEEL_LIST   1000000u /* items of one list: "1..1000000" is the largest range that can be listed */
#define GX_LIMIT_FEEL_STRING (4 * GX_MIB)
#define GX_LIMIT_FEEL_SOURCE (1 * GX_MIB)
#define GX_LIMIT_VALUE_DEPTH 1000u /* values in values that are compared, written or copied: bounds the C stack */
#define GX_LIMIT_TYPE_DEPTH  100u  /* types in types: types may refer to themselves */
#define GX_LIMIT_DMN_DEPTH   1000u /* requirements of requirements and boxed expressions in each other: bounds the C stack */

/* Regular expressions: ICU's own budgets, because a pattern such as (a+)+$ takes exponential time */
#define GX_LIMIT_REGEX_TIME      100u            /* times 10,000 steps of ICU's machine: about 15 ms a match */
#define GX_LIMIT_REGEX_STACK     (4 * 1024 * 1024) /* bytes of backtracking */
#define GX_LIMIT_REGEX_GROUPS    200u
#define GX_LIMIT_REGEX_CLASSES   32u             /* classes subtracted inside each other: the reader recurses */
#define GX_LIMIT_REGEX_REPEATS   1000            /* of {n,m}: ICU unrolls some of them */

/* Decision tables: proofs and changes are searches, cut off where a person would no longer wait */
#define GX_LIMIT_FLAWS              50u       /* reported of one kind and table: more helps nobody */
#define GX_LIMIT_VERIFY_GAP_STEPS   20000000u /* rules looked at in the search for gaps: about half a second */
#define GX_LIMIT_VERIFY_BOX_STEPS   1000000u  /* and in the search of one rule's box */
#define GX_LIMIT_VERIFY_TABLE_STEPS 40000000u /* and in all searches of one table */
#define GX_LIMIT_CHANGE_EVALUATIONS 20000u    /* tried to find what would change a decision: about 0.1 s */
#define GX_LIMIT_CHANGE_COLUMNS     32u       /* of a table whose inputs are to be changed */
_Static_assert(GX_LIMIT_VERIFY_TABLE_STEPS > GX_LIMIT_VERIFY_GAP_STEPS, "something is left for the other searches");

#define GX_LIMIT_BATCH        1000u     /* sets of inputs in one request: more is a job for `gaoxing dmn eval --batch` */
#define GX_LIMIT_BATCH_STEPS  20000000u /* shared by them: a worker is busy for half a second at the most */
_Static_assert(GX_LIMIT_BATCH_STEPS / GX_LIMIT_BATCH >= 20000, "each of a full batch may look at a large table's rules");

/* BPMN */
#define GX_LIMIT_TOKENS            4096u    /* alive at once in one instance: bounds its record and the cost of a step */
#define GX_LIMIT_STEPS             10000u   /* moves per command: a model that loops becomes an incident, not a hang */
#define GX_LIMIT_SLICE_STEPS       4000u    /* moves after which a command begins no more instances or turns: the next one does */
#define GX_LIMIT_INSTANCES         1000000u /* of one multi-instance activity; turns of one loop */
#define GX_LIMIT_INSTANCES_AT_WORK 1000u    /* of one parallel activity: the next begins when one completes, so the record stays small */
#define GX_LIMIT_INSTANCES_INSIDE  64u      /* of a multi-instance activity in the record: what is wider uses the shelf */
#define GX_LIMIT_SLICE_INSTANCES   200u     /* begun or dismissed by one command, each with rows of its own: about 10 ms */
#define GX_LIMIT_VALUE_INSIDE      2048u    /* bytes of a variable in the record, about: larger ones use the shelf */
#define GX_LIMIT_JOBS_AT_WORK      100u     /* the same where machines work, who have nothing from a longer list */
#define GX_LIMIT_ELEMENTS          20000u   /* of one model */
#define GX_LIMIT_CALL_DEPTH        32u      /* call activities inside each other */
_Static_assert(GX_LIMIT_STEPS > GX_LIMIT_TOKENS, "in one command every token can move at least once");
_Static_assert(GX_LIMIT_STEPS > 2 * GX_LIMIT_SLICE_STEPS, "what a slice has begun can come to rest");
_Static_assert(GX_LIMIT_TOKENS > 2 * GX_LIMIT_INSTANCES_AT_WORK, "an activity as wide as can be leaves room for others");

/* Offices */
#define GX_LIMIT_SIGNERS 50u /* asked in one round: more is a process's own multi-instance task */

#define GX_LIMIT_DIAGRAM_STEPS 500u /* of a case, shown one after the other: more nobody steps through */

/* Figures about processes */
#define GX_LIMIT_HEAT_BYTES           (64 * GX_MIB) /* one slice of the journal, counted */
#define GX_LIMIT_STATISTICS_STEPS     100000u /* stays of one instance that are listed */
#define GX_LIMIT_STATISTICS_INSTANCES 100000u /* counted as running or ended, the newest */

/* Conditions on variables that no package declares: records that are read for one answer */
#define GX_LIMIT_VARIABLE_ROWS       20000u /* of a list: about half a second of a reader */
#define GX_LIMIT_VARIABLE_FETCH_ROWS 1000u  /* of a worker's fetch, which holds the writer */

/* HTTP and files (reliability: at the door) */
#define GX_LIMIT_HEAD_BYTES       (16 * 1024u)
#define GX_LIMIT_HEADERS          100u
#define GX_LIMIT_TARGET_BYTES     8192u
#define GX_LIMIT_UPLOAD_BYTES     (50 * GX_MIB) /* one attachment: a drawing set as PDF */
#define GX_LIMIT_PAGE_ROWS        200u
#define GX_LIMIT_PASSWORD_LEAST   10u
#define GX_LIMIT_PASSWORD_MOST    128u

/* Printing */
#define GX_LIMIT_PRINT_TEXT 4096u /* bytes of one field on a page: font shaping has had overflows on long runs */
#define GX_LIMIT_QR_BYTES   600u  /* an address and a code; more would not scan from paper */

#endif
