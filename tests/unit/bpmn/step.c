/* Each case is a process, a script of commands and, after each command, the elements that then hold a token ("." when the instance has
 * ended). After every step the record is encoded, decoded and encoded again, and the invariants are checked. */
#include "bpmn/state.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define XML(body)                                                                                                            \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gx='urn:gaoxing:bpmn:1'>"                        \
    "<message id='m1' name='one'/><message id='m2' name='two'/><signal id='s1' name='sig'/>"                                 \
    "<error id='e1' errorCode='E1'/><error id='e2' errorCode='E2'/><escalation id='x1' escalationCode='X1'/>"                \
    "<process id='p' isExecutable='true'>" body "</process></definitions>"
#define F(id, from, to)           "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define FC(id, from, to, feel)    "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'><conditionExpression>" feel "</conditionExpression></sequenceFlow>"
#define START                     "<startEvent id='s'/>"
#define END(id)                   "<endEvent id='" id "'/>"
#define TASK(id)                  "<userTask id='" id "'/>"

typedef struct process_case {
    const char *name, *xml, *script, *expected; /* commands and answers parted by ';' */
} process_case;

static const process_case cases[] = {
    {"a sequence", XML(START TASK("a") TASK("b") END("e") F("1", "s", "a") F("2", "a", "b") F("3", "b", "e")), "start;task a;task b", "a;b;."},
    {"an exclusive gateway takes the first true flow",
     XML(START "<exclusiveGateway id='g' default='4'/>" TASK("a") TASK("b") TASK("c") END("e") F("1", "s", "g") FC("2", "g", "a", "x &gt; 5") FC(
         "3", "g", "b", "x &gt; 1") F("4", "g", "c") F("5", "a", "e") F("6", "b", "e") F("7", "c", "e")),
     "start {\"x\":3};task b", "b;."},
    {"an exclusive gateway takes its default",
     XML(START "<exclusiveGateway id='g' default='4'/>" TASK("a") TASK("c") END("e") F("1", "s", "g") FC("2", "g", "a", "x &gt; 5") F("4", "g", "c") F(
         "5", "a", "e") F("7", "c", "e")),
     "start {\"x\":null}", "c"},
    {"an exclusive gateway without a way is an incident that can be mended",
     XML(START "<exclusiveGateway id='g'/>" TASK("a") END("e") F("1", "s", "g") FC("2", "g", "a", "x = 1") FC("3", "g", "e", "x = 2") F("5", "a", "e")),
     "start {\"x\":3};set {\"x\":1};retry g;task a", "g!;g!;a;."},
    {"a parallel join waits for all",
     XML(START "<parallelGateway id='f'/><parallelGateway id='j'/>" TASK("a") TASK("b") TASK("c") END("e") F("1", "s", "f") F("2", "f", "a") F(
         "3", "f", "b") F("4", "a", "j") F("5", "b", "j") F("6", "j", "c") F("7", "c", "e")),
     "start;task b;task a;task c", "a b;a j;c;."},
    {"two tokens on one flow do not open a parallel join",
     XML(START "<parallelGateway id='f'/><parallelGateway id='j'/><exclusiveGateway id='x'/>" TASK("a") TASK("b") TASK("c") END("e") F("1", "s", "f") F(
         "2", "f", "a") F("3", "f", "b") F("3b", "f", "c") F("4", "a", "x") F("5", "b", "x") F("6", "x", "j") F("7", "c", "j") F("8", "j", "e")),
     "start;task a;task b;task c", "a b c;b c j;c j j;j"},
    {"an inclusive split and join",
     XML(START "<inclusiveGateway id='f'/><inclusiveGateway id='j'/>" TASK("a") TASK("b") TASK("c") TASK("d") END("e") F("1", "s", "f") FC(
         "2", "f", "a", "x = 1") FC("3", "f", "b", "true") FC("3b", "f", "c", "false") F("4", "a", "j") F("5", "b", "j") F("6", "c", "j") F(
         "7", "j", "d") F("8", "d", "e")),
     "start {\"x\":1};task b;task a;task d", "a b;a j;d;."},
    {"an inclusive join does not wait for what cannot come",
     XML(START "<inclusiveGateway id='f' default='3'/><inclusiveGateway id='j'/>" TASK("a") TASK("b") TASK("d") END("e") F("1", "s", "f") FC(
         "2", "f", "a", "x = 1") F("3", "f", "b") F("4", "a", "j") F("5", "b", "j") F("7", "j", "d") F("8", "d", "e")),
     "start {\"x\":2};task b;task d", "b;d;."},
    {"an event-based gateway takes what comes first",
     XML(START "<eventBasedGateway id='g'/><intermediateCatchEvent id='t'><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
         "</intermediateCatchEvent><intermediateCatchEvent id='m'><messageEventDefinition messageRef='m1'/></intermediateCatchEvent>" TASK("a")
         TASK("b") END("e") F("1", "s", "g") F("2", "g", "t") F("3", "g", "m") F("4", "t", "a") F("5", "m", "b") F("6", "a", "e") F("7", "b", "e")),
     "start;message one {\"y\":1};!timer t;task b", "g;b;b;."},
    {"an interrupting boundary timer takes the task away",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a'><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
         TASK("c") END("e") F("1", "s", "a") F("2", "a", "e") F("3", "b", "c") F("4", "c", "e")),
     "start;timer b;!task a;task c", "a;c;c;."},
    {"a non-interrupting boundary cycle fires as often as it says",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a' cancelActivity='false'><timerEventDefinition><timeCycle>R2/PT1H</timeCycle>"
         "</timerEventDefinition></boundaryEvent>" TASK("c") END("e") F("1", "s", "a") F("2", "a", "e") F("3", "b", "c") F("4", "c", "e")),
     "start;timer b;timer b;!timer b;task c;task a;task c", "a;a c;a c c;a c c;a c;c;."},
    {"a sub-process ends when all in it has ended, and its boundary message takes all of it away",
     XML(START "<subProcess id='sub'><startEvent id='is'/><parallelGateway id='ip'/>" TASK("ia") TASK("ib") END("ie") F("i1", "is", "ip") F("i2", "ip", "ia") F(
         "i3", "ip", "ib") F("i4", "ia", "ie") F("i5", "ib", "ie") "</subProcess><boundaryEvent id='b' attachedToRef='sub'><messageEventDefinition "
         "messageRef='m1'/></boundaryEvent>" TASK("c") TASK("d") END("e") F("1", "s", "sub") F("2", "sub", "c") F("3", "b", "d") F("4", "c", "e") F("5", "d", "e")),
     "start;task ia;message one;task d", "sub ia ib;sub ib;d;."},
    {"an error end event is caught at the boundary by its code",
     XML(START "<subProcess id='sub'><startEvent id='is'/>" TASK("ia") TASK("ix") "<parallelGateway id='ip'/><endEvent id='ie'><errorEventDefinition errorRef='e1'/>"
         "</endEvent>" F("i0", "is", "ip") F("i1", "ip", "ia") F("i2", "ia", "ie") F("i3", "ip", "ix") "</subProcess><boundaryEvent id='b2' attachedToRef='sub'><errorEventDefinition errorRef='e2'/>"
         "</boundaryEvent><boundaryEvent id='b1' attachedToRef='sub'><errorEventDefinition errorRef='e1'/></boundaryEvent>" TASK("c") TASK("d") END("e") F(
             "1", "s", "sub") F("2", "sub", "e") F("3", "b1", "c") F("4", "c", "e") F("5", "b2", "d") F("6", "d", "e")),
     "start;task ia;task c", "sub ia ix;c;."},
    {"an uncaught error ends the instance",
     XML(START TASK("a") TASK("z") "<endEvent id='e'><errorEventDefinition errorRef='e1'/></endEvent>" F("1", "s", "a") F("2", "a", "e") F("3", "s", "z")),
     "start;task a", "a z;.E1"},
    {"an escalation that does not interrupt leaves the thrower alone",
     XML(START "<subProcess id='sub'><startEvent id='is'/><intermediateThrowEvent id='it'><escalationEventDefinition escalationRef='x1'/></intermediateThrowEvent>"
         TASK("ia") F("i1", "is", "it") F("i2", "it", "ia") "</subProcess><boundaryEvent id='b' attachedToRef='sub' cancelActivity='false'>"
         "<escalationEventDefinition/></boundaryEvent>" TASK("c") END("e") F("1", "s", "sub") F("2", "sub", "e") F("3", "b", "c") F("4", "c", "e")),
     "start;task ia;task c", "sub ia c;c;."},
    {"an interrupting event sub-process takes the place of all else",
     XML(START TASK("a") END("e") F("1", "s", "a") F("2", "a", "e") "<subProcess id='w' triggeredByEvent='true'><startEvent id='ws'><messageEventDefinition "
         "messageRef='m1'/></startEvent>" TASK("wa") F("w1", "ws", "wa") "</subProcess>"),
     "start;message one {\"why\":\"x\"};!task a;task wa", "a;w wa;w wa;."},
    {"an event sub-process that does not interrupt can come again",
     XML(START TASK("a") END("e") F("1", "s", "a") F("2", "a", "e") "<subProcess id='w' triggeredByEvent='true'><startEvent id='ws' isInterrupting='false'>"
         "<messageEventDefinition messageRef='m1'/></startEvent>" TASK("wa") F("w1", "ws", "wa") "</subProcess>"),
     "start;message one;message one;task a;task wa;task wa", "a;a w wa;a w wa w wa;w wa w wa;w wa;."},
    {"an error event sub-process catches what its scope throws, and not what it throws itself",
     XML(START "<serviceTask id='j' gx:skill='x'/>" END("e") F("1", "s", "j") F("2", "j", "e") "<subProcess id='w' triggeredByEvent='true'><startEvent id='ws'>"
         "<errorEventDefinition/></startEvent>" "<endEvent id='we'><errorEventDefinition errorRef='e2'/></endEvent>" F("w1", "ws", "we") "</subProcess>"),
     "start;fail j E1", "j;.E2"},
    {"a failed job without code is an incident, and can be tried again",
     XML(START "<serviceTask id='j' gx:skill='x'/>" END("e") F("1", "s", "j") F("2", "j", "e")), "start;fail j;retry j;job j", "j;j!;j;."},
    {"a terminate end event takes everything in its scope away",
     XML(START TASK("a") TASK("b") "<endEvent id='e'><terminateEventDefinition/></endEvent>" F("1", "s", "a") F("2", "s", "b") F("3", "a", "e") F("4", "b", "e")),
     "start;task a", "a b;."},
    {"signals wake everyone who waits for them",
     XML(START "<intermediateCatchEvent id='c1'><signalEventDefinition signalRef='s1'/></intermediateCatchEvent><intermediateCatchEvent id='c2'>"
         "<signalEventDefinition signalRef='s1'/></intermediateCatchEvent>" TASK("a") "<intermediateThrowEvent id='t'><signalEventDefinition signalRef='s1'/>"
         "</intermediateThrowEvent>" TASK("b") END("e") F("1", "s", "c1") F("2", "s", "c2") F("3", "s", "a") F("4", "a", "t") F("5", "t", "b") F("6", "c1", "e") F("7", "c2", "e") F("8", "b", "e")),
     "start;task a;task b", "c1 c2 a;b;."},
    {"a link leads on", XML(START "<intermediateThrowEvent id='t'><linkEventDefinition name='L'/></intermediateThrowEvent><intermediateCatchEvent id='c'>"
                                  "<linkEventDefinition name='L'/></intermediateCatchEvent>" TASK("a") END("e") F("1", "s", "t") F("2", "c", "a") F("3", "a", "e")),
     "start;task a", "a;."},
    {"a condition fires when it becomes true",
     XML(START "<intermediateCatchEvent id='c'><conditionalEventDefinition><condition>x &gt; 3</condition></conditionalEventDefinition></intermediateCatchEvent>"
         TASK("a") END("e") F("1", "s", "c") F("2", "c", "a") F("3", "a", "e")),
     "start {\"x\":1};set {\"x\":2};set {\"x\":4}", "c;c;a"},
    {"a parallel multi-instance collects its results in order",
     XML(START "<userTask id='a'><multiInstanceLoopCharacteristics gx:collection='= units' gx:item='unit' gx:results='answers'/></userTask><exclusiveGateway id='g' "
               "default='4'/>" TASK("ok") TASK("bad") END("e") F("1", "s", "a") F("2", "a", "g") FC("3", "g", "ok", "answers[1].v = 1 and answers[2].v = 2 and answers[2].unit = \"Y\"") F(
                   "4", "g", "bad") F("5", "ok", "e") F("6", "bad", "e")),
     "start {\"units\":[\"X\",\"Y\"]};task a#2 {\"v\":2};task a {\"v\":1};task ok", "a a a;a a;ok;."},
    {"a multi-instance over nothing goes on",
     XML(START "<userTask id='a'><multiInstanceLoopCharacteristics gx:collection='= units' gx:item='unit'/></userTask>" TASK("b") END("e") F("1", "s", "a") F(
         "2", "a", "b") F("3", "b", "e")),
     "start {\"units\":[]}", "b"},
    {"a sequential multi-instance goes one by one",
     XML(START "<userTask id='a'><multiInstanceLoopCharacteristics isSequential='true'><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
               "</userTask>" END("e") F("1", "s", "a") F("2", "a", "e")),
     "start;task a;task a", "a a;a a;."},
    {"a completion condition takes the rest away",
     XML(START "<userTask id='a'><multiInstanceLoopCharacteristics gx:collection='= units' gx:item='unit'><completionCondition>some r in results satisfies r.no = true"
               "</completionCondition></multiInstanceLoopCharacteristics></userTask>" TASK("b") END("e") F("1", "s", "a") F("2", "a", "b") F("3", "b", "e")),
     "start {\"units\":[1,2,3]};task a {\"no\":false};task a {\"no\":true};task b", "a a a a;a a a;b;."},
    {"a multi-instance sub-process keeps its instances apart",
     XML(START "<subProcess id='sub'><multiInstanceLoopCharacteristics gx:collection='= units' gx:item='unit' gx:results='r'/><startEvent id='is'/>" TASK("ia") TASK("ib")
         END("ie") "<exclusiveGateway id='ig'/>" F("i1", "is", "ia") F("i2", "ia", "ig") FC("i3", "ig", "ib", "v = unit") FC("i4", "ig", "ie", "v != unit") F("i5", "ib", "ie")
         "</subProcess>" END("e") F("1", "s", "sub") F("2", "sub", "e")),
     "start {\"units\":[1,2]};task ia {\"v\":1};task ia {\"v\":1};task ib", "sub sub sub ia ia;sub sub sub ia ib;sub sub ib;."},
    {"a call activity hands variables over and back",
     XML(START "<callActivity id='c' calledElement='other'><extensionElements><gx:input name='a' value='= x + 1'/><gx:output name='y' value='= b * 2'/></extensionElements>"
               "</callActivity><exclusiveGateway id='g' default='4'/>" TASK("ok") TASK("bad") END("e") F("1", "s", "c") F("2", "c", "g") FC("3", "g", "ok", "y = 10") F(
                   "4", "g", "bad") F("5", "ok", "e") F("6", "bad", "e")),
     "start {\"x\":1};call c {\"b\":5}", "c;ok"},
    {"scripts and decisions set variables",
     XML(START "<scriptTask id='t' scriptFormat='feel' gx:result='y'><script>x * 2</script></scriptTask><businessRuleTask id='d' gx:decision='d' gx:result='z'/>"
               "<exclusiveGateway id='g' default='4'/>" TASK("ok") TASK("bad") F("1", "s", "t") F("2", "t", "d") F("2b", "d", "g") FC("3", "g", "ok", "y = 4 and z = \"yes\"") F(
                   "4", "g", "bad")),
     "start {\"x\":2};decide d \"yes\"", "d;ok"},
    {"a receive task waits for its message and takes its variables",
     XML(START "<receiveTask id='r' messageRef='m2'/><exclusiveGateway id='g' default='4'/>" TASK("ok") TASK("bad") F("1", "s", "r") F("2", "r", "g") FC("3", "g", "ok", "v = 7") F(
         "4", "g", "bad")),
     "start;!message one;message two {\"v\":7}", "r;r;ok"},
    {"a loop without end becomes an incident",
     XML(START "<exclusiveGateway id='a'/><task id='b'/>" F("1", "s", "a") F("2", "a", "b") F("3", "b", "a")), "start", "?!"},
    {"tokens without end become incidents",
     XML(START "<task id='a'/><task id='b'/>" F("1", "s", "a") F("2", "a", "a") F("3", "a", "b") F("4", "a", "b")), "start", "?!"},
    /* ---- loops, quantities ---- */
    {"a loop asks after each turn and shares its variables",
     XML(START "<userTask id='a'><standardLoopCharacteristics><loopCondition>x &lt; 3</loopCondition></standardLoopCharacteristics></userTask>" TASK("b") END("e")
         F("1", "s", "a") F("2", "a", "b") F("3", "b", "e")),
     "start;task a {\"x\":1};task a {\"x\":3};task b", "a a;a a;b;."},
    {"a loop that asks first may not turn at all",
     XML(START "<userTask id='a'><standardLoopCharacteristics testBefore='true'><loopCondition>false</loopCondition></standardLoopCharacteristics></userTask>" TASK("b")
         F("1", "s", "a") F("2", "a", "b")),
     "start", "b"},
    {"a loop ends at its maximum",
     XML(START "<userTask id='a'><standardLoopCharacteristics loopMaximum='2'><loopCondition>loopCounter &lt; 9</loopCondition></standardLoopCharacteristics></userTask>" TASK("b")
         F("1", "s", "a") F("2", "a", "b")),
     "start;task a;task a", "a a;a a;b"},
    {"an activity that needs two tokens waits for them, one that makes two sends them on",
     XML(START "<userTask id='a' completionQuantity='2'/><userTask id='b' startQuantity='2'/>" END("e") F("1", "s", "a") F("2", "a", "b") F("3", "b", "e")),
     "start;task a;task b", "a;b;."},
    {"an activity that needs more tokens than come waits for ever",
     XML(START "<userTask id='b' startQuantity='2'/>" END("e") F("1", "s", "b") F("2", "b", "e")), "start;!task b", "b;b"},
    /* ---- compensation ---- */
    {"what was done is undone, the latest first, before the thrower goes on",
     XML(START TASK("a") TASK("b") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent>"
         "<boundaryEvent id='bb' attachedToRef='b'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/><userTask id='xb' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><association id='y2' sourceRef='bb' targetRef='xb'/>"
         "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" TASK("c") END("e")
         F("1", "s", "a") F("2", "a", "b") F("3", "b", "t") F("4", "t", "c") F("5", "c", "e")),
     "start;task a;task b;task xb;task xa;task c", "a;b;t xb;t xa;c;."},
    {"work sent back is first undone, the latest first, where the model can undo it",
     XML(START TASK("a") TASK("b") TASK("c") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent>"
         "<boundaryEvent id='bb' attachedToRef='b'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/><userTask id='xb' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><association id='y2' sourceRef='bb' targetRef='xb'/>" END("e")
         F("1", "s", "a") F("2", "a", "b") F("3", "b", "c") F("4", "c", "e")),
     "start;task a;task b;back a;task xb;task xa;task a;task b;task c", "a;b;c;a xb;a xa;a;b;c;."},
    {"what lies before the step that work is sent back to stays done",
     XML(START TASK("a") TASK("b") TASK("c") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent>"
         "<boundaryEvent id='bb' attachedToRef='b'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/><userTask id='xb' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><association id='y2' sourceRef='bb' targetRef='xb'/>" END("e")
         F("1", "s", "a") F("2", "a", "b") F("3", "b", "c") F("4", "c", "e")),
     "start;task a;task b;back b;task xb;back a;task xa;task a", "a;b;c;b xb;b;a xa;a;b"},
    {"work sent back twice is undone once",
     XML(START TASK("a") TASK("b") TASK("c") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent>"
         "<boundaryEvent id='bb' attachedToRef='b'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/><userTask id='xb' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><association id='y2' sourceRef='bb' targetRef='xb'/>" END("e")
         F("1", "s", "a") F("2", "a", "b") F("3", "b", "c") F("4", "c", "e")),
     "start;task a;task b;back b;back a;task xb;task xa;task a", "a;b;c;b xb;xb a xa;a xa;a;b"},
    {"compensation of one activity leaves the others as they are",
     XML(START TASK("a") TASK("b") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent>"
         "<boundaryEvent id='bb' attachedToRef='b'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/><userTask id='xb' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><association id='y2' sourceRef='bb' targetRef='xb'/>"
         "<endEvent id='t'><compensateEventDefinition activityRef='a'/></endEvent>" F("1", "s", "a") F("2", "a", "b") F("3", "b", "t")),
     "start;task a;task b;task xa", "a;b;t xa;."},
    {"what has not completed is not undone, and nothing is undone twice",
     XML(START TASK("a") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>"
         "<intermediateThrowEvent id='t2'><compensateEventDefinition/></intermediateThrowEvent>" TASK("b") TASK("c") END("e")
         F("1", "s", "b") F("2", "b", "t") F("3", "t", "a") F("4", "a", "t2") F("5", "t2", "c") F("6", "c", "e")),
     "start;task b;task a;task xa;task c", "b;a;t2 xa;c;."},
    {"a completed sub-process is undone from the inside, with the variables it had",
     XML(START "<subProcess id='sub'><property id='v' name='v'/><startEvent id='is'/>" TASK("ia") "<boundaryEvent id='ba' attachedToRef='ia'><compensateEventDefinition/></boundaryEvent>"
         "<userTask id='xa' isForCompensation='true' gx:assignee='= v'/><association id='y' sourceRef='ba' targetRef='xa'/>" F("i1", "is", "ia") "</subProcess>"
         "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" TASK("c") F("1", "s", "sub") F("2", "sub", "t") F("3", "t", "c")),
     "start;task ia {\"v\":\"me\"};task xa", "sub ia;t sub xa;c"},
    {"a compensation event sub-process undoes its sub-process",
     XML(START "<subProcess id='sub'><startEvent id='is'/>" TASK("ia") F("i1", "is", "ia") "<subProcess id='w' triggeredByEvent='true'><startEvent id='ws'><compensateEventDefinition/>"
         "</startEvent>" TASK("wa") F("w1", "ws", "wa") "</subProcess></subProcess><intermediateThrowEvent id='t'><compensateEventDefinition activityRef='sub'/></intermediateThrowEvent>"
         TASK("c") F("1", "s", "sub") F("2", "sub", "t") F("3", "t", "c")),
     "start;task ia;task wa", "sub ia;t sub w wa;c"},
    {"a handler attached to a sub-process undoes it as a whole",
     XML(START "<subProcess id='sub'><startEvent id='is'/>" TASK("ia") "<boundaryEvent id='ba' attachedToRef='ia'><compensateEventDefinition/></boundaryEvent>"
         "<userTask id='xa' isForCompensation='true'/><association id='y' sourceRef='ba' targetRef='xa'/>" F("i1", "is", "ia") "</subProcess>"
         "<boundaryEvent id='bs' attachedToRef='sub'><compensateEventDefinition/></boundaryEvent><userTask id='xs' isForCompensation='true'/><association id='y2' sourceRef='bs' targetRef='xs'/>"
         "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" TASK("c") F("1", "s", "sub") F("2", "sub", "t") F("3", "t", "c")),
     "start;task ia;task xs", "sub ia;t xs;c"},
    {"each instance of a multi-instance sub-process is undone with its own item",
     XML(START "<subProcess id='sub'><multiInstanceLoopCharacteristics gx:collection='= [1,2]' gx:item='n'/><startEvent id='is'/>" TASK("ia")
         "<boundaryEvent id='ba' attachedToRef='ia'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/><association id='y' sourceRef='ba' targetRef='xa'/>"
         F("i1", "is", "ia") "</subProcess><intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" TASK("c") F("1", "s", "sub") F("2", "sub", "t") F("3", "t", "c")),
     "start;task ia;task ia;task xa;task xa", "sub sub sub ia ia;sub sub ia;t sub xa;t sub xa;c"},
    {"who does not wait for the compensation goes on beside it",
     XML(START TASK("a") "<boundaryEvent id='ba' attachedToRef='a'><compensateEventDefinition/></boundaryEvent><userTask id='xa' isForCompensation='true'/>"
         "<association id='y1' sourceRef='ba' targetRef='xa'/><intermediateThrowEvent id='t'><compensateEventDefinition waitForCompletion='false'/></intermediateThrowEvent>" TASK("c") END("e")
         F("1", "s", "a") F("2", "a", "t") F("3", "t", "c") F("4", "c", "e")),
     "start;task a;task c;task xa", "a;t xa c;t xa;."},
    /* ---- transactions ---- */
    {"a cancelled transaction undoes what was done in it and leaves by its cancel event",
     XML(START "<transaction id='tx'><startEvent id='is'/>" TASK("ia") TASK("ib") "<boundaryEvent id='ba' attachedToRef='ia'><compensateEventDefinition/></boundaryEvent>"
         "<userTask id='xa' isForCompensation='true'/><association id='y' sourceRef='ba' targetRef='xa'/><endEvent id='ie'><cancelEventDefinition/></endEvent>"
         TASK("slow") F("i1", "is", "ia") F("i2", "ia", "ib") F("i3", "ib", "ie") F("i4", "is", "slow") "</transaction>"
         "<boundaryEvent id='b' attachedToRef='tx'><cancelEventDefinition/></boundaryEvent>" TASK("c") TASK("d") F("1", "s", "tx") F("2", "tx", "c") F("3", "b", "d")),
     "start;task ia;task ib;task xa;task d", "tx ia slow;tx slow ib;tx ie xa;d;."},
    {"a transaction that ends well goes on as a sub-process does",
     XML(START "<transaction id='tx'><startEvent id='is'/>" TASK("ia") F("i1", "is", "ia") "</transaction>" TASK("c") F("1", "s", "tx") F("2", "tx", "c")), "start;task ia", "tx ia;c"},
    /* ---- ad-hoc ---- */
    {"the activities of an ad-hoc sub-process are open together",
     XML(START "<adHocSubProcess id='h'>" TASK("a") TASK("b") "</adHocSubProcess>" TASK("c") F("1", "s", "h") F("2", "h", "c")), "start;task b;task a", "h a b;h a;c"},
    {"in a sequential ad-hoc sub-process one comes after the other",
     XML(START "<adHocSubProcess id='h' ordering='Sequential'>" TASK("a") TASK("b") "</adHocSubProcess>" TASK("c") F("1", "s", "h") F("2", "h", "c")), "start;task a;task b",
     "h a;h b;c"},
    {"its completion condition takes the rest away",
     XML(START "<adHocSubProcess id='h'><completionCondition>enough = true</completionCondition>" TASK("a") TASK("b") "</adHocSubProcess>" TASK("c") F("1", "s", "h") F("2", "h", "c")),
     "start;task b {\"enough\":true}", "h a b;c"},
    {"until its condition holds its activities can be started again",
     XML(START "<adHocSubProcess id='h'><completionCondition>n = 2</completionCondition>" TASK("a") "</adHocSubProcess>" TASK("c") F("1", "s", "h") F("2", "h", "c")),
     "start;task a {\"n\":1};activate h a;task a {\"n\":2}", "h a;h;h a;c"},
    /* ---- multiple events ---- */
    {"any of several events is enough",
     XML(START "<intermediateCatchEvent id='m'><messageEventDefinition messageRef='m1'/><messageEventDefinition messageRef='m2'/></intermediateCatchEvent>" TASK("a") F("1", "s", "m") F("2", "m", "a")),
     "start;message two;!message one", "m;a;a"},
    {"a parallel multiple event needs all of them",
     XML(START "<intermediateCatchEvent id='m' parallelMultiple='true'><messageEventDefinition messageRef='m1'/><messageEventDefinition messageRef='m2'/></intermediateCatchEvent>" TASK("a")
         F("1", "s", "m") F("2", "m", "a")),
     "start;message two;!message two;message one", "m;m;m;a"},
    {"a parallel multiple event at the boundary listens again when it does not interrupt",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a' cancelActivity='false' parallelMultiple='true'><messageEventDefinition messageRef='m1'/><messageEventDefinition messageRef='m2'/>"
         "</boundaryEvent>" TASK("c") F("1", "s", "a") F("2", "b", "c")),
     "start;message one;message two;message two;message one", "a;a;a c;a c;a c c"},
    {"one event can throw several",
     XML(START "<intermediateCatchEvent id='c1'><signalEventDefinition signalRef='s1'/></intermediateCatchEvent>" "<intermediateThrowEvent id='t'><signalEventDefinition signalRef='s1'/>"
         "<messageEventDefinition messageRef='m1'/></intermediateThrowEvent>" TASK("b") TASK("d") F("1", "s", "t") F("2", "t", "b") F("3", "s", "c1") F("4", "c1", "d")),
     "start", "d b"},
    {"a definition can stand at the root and be referred to",
     "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><signal id='s1' name='sig'/><signalEventDefinition id='d1' signalRef='s1'/><process id='p' isExecutable='true'>"
     START "<intermediateCatchEvent id='c'><eventDefinitionRef>d1</eventDefinitionRef></intermediateCatchEvent>" TASK("a") F("1", "s", "c") F("2", "c", "a") "</process></definitions>",
     "start;signal sig", "c;a"},
    {"a cycle at an intermediate event lets a token go at each of its times",
     XML(START "<intermediateCatchEvent id='t'><timerEventDefinition><timeCycle>R2/PT1H</timeCycle></timerEventDefinition></intermediateCatchEvent>" TASK("a") F("1", "s", "t") F("2", "t", "a")),
     "start;timer t;timer t;!timer t", "t;t a;a a;a a"},
    {"a condition that holds already interrupts before the work begins",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a'><conditionalEventDefinition><condition>x = 1</condition></conditionalEventDefinition></boundaryEvent>" TASK("c")
         F("1", "s", "a") F("2", "b", "c")),
     "start {\"x\":1}", "c"},
    /* ---- complex gateways ---- */
    {"a complex gateway opens when its condition holds, once, and is reset by the rest",
     XML(START "<parallelGateway id='f'/>" TASK("a") TASK("b") TASK("c") "<complexGateway id='g'><activationCondition>activationCount &gt;= 2</activationCondition></complexGateway>" TASK("d") END("e")
         F("1", "s", "f") F("2", "f", "a") F("3", "f", "b") F("4", "f", "c") F("5", "a", "g") F("6", "b", "g") F("7", "c", "g") F("8", "g", "d") F("9", "d", "e")),
     "start;task a;task c;task d;task b", "a b c;b c g;b d;b;."},
    {"a flow with a condition can be taken at the reset of a complex gateway",
     XML(START "<parallelGateway id='f'/>" TASK("a") TASK("b") "<complexGateway id='g'/>" TASK("d") TASK("r") END("e") F("1", "s", "f") F("2", "f", "a") F("3", "f", "b") F("5", "a", "g") F(
         "6", "b", "g") F("8", "g", "d") FC("9", "g", "r", "not(waitingForStart)")),
     "start;task a;task b", "a b;b d;d r"},
    /* ---- starting ---- */
    {"an instantiating receive task begins behind its message",
     XML("<receiveTask id='r' messageRef='m1' instantiate='true'/>" TASK("a") F("1", "r", "a")), "begin r", "a"},
    {"an exclusive instantiating gateway begins behind the event that came",
     XML("<eventBasedGateway id='g' instantiate='true'/><intermediateCatchEvent id='c1'><messageEventDefinition messageRef='m1'/></intermediateCatchEvent>"
         "<intermediateCatchEvent id='c2'><messageEventDefinition messageRef='m2'/></intermediateCatchEvent>" TASK("a") TASK("b") F("1", "g", "c1") F("2", "g", "c2") F("3", "c1", "a") F("4", "c2", "b")),
     "begin c2", "b"},
    {"a parallel instantiating gateway waits for its other events as well",
     XML("<eventBasedGateway id='g' instantiate='true' eventGatewayType='Parallel'/><intermediateCatchEvent id='c1'><messageEventDefinition messageRef='m1'/></intermediateCatchEvent>"
         "<intermediateCatchEvent id='c2'><messageEventDefinition messageRef='m2'/></intermediateCatchEvent>" TASK("a") TASK("b") F("1", "g", "c1") F("2", "g", "c2") F("3", "c1", "a") F("4", "c2", "b")),
     "begin c2;message one", "c1 b;b a"},
    /* ---- data, calls ---- */
    {"data associations are inputs and outputs",
     XML("<dataObject id='o' name='order'/><dataObjectReference id='or' dataObjectRef='o'/>" START "<userTask id='a'><ioSpecification><dataOutput id='ao' name='answer'/><inputSet/><outputSet/>"
         "</ioSpecification><dataOutputAssociation><sourceRef>ao</sourceRef><targetRef>or</targetRef></dataOutputAssociation></userTask><exclusiveGateway id='g' default='4'/>" TASK("ok") TASK("bad")
         F("1", "s", "a") F("2", "a", "g") FC("3", "g", "ok", "order = 7 and answer = null") F("4", "g", "bad")),
     "start;task a {\"answer\":7}", "a;ok"},
    {"a property of a sub-process ends with it",
     XML(START "<subProcess id='sub'><property id='v' name='v'/><startEvent id='is'/>" TASK("ia") F("i1", "is", "ia") "</subProcess><exclusiveGateway id='g' default='4'/>" TASK("ok") TASK("bad")
         F("1", "s", "sub") F("2", "sub", "g") FC("3", "g", "ok", "v = null") F("4", "g", "bad")),
     "start;task ia {\"v\":1}", "sub ia;ok"},
    {"an escalation of a called process is caught at the call, which goes on",
     XML(START "<callActivity id='c' calledElement='other'/><boundaryEvent id='b' attachedToRef='c' cancelActivity='false'><escalationEventDefinition escalationRef='x1'/></boundaryEvent>"
         TASK("a") F("1", "s", "c") F("2", "b", "a")),
     "start;escalate c X1;call c", "c;c a;a"},
    /* ---- what who has a task throws ---- */
    {"an error of a task is caught at its boundary, and its variables are there",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a'><errorEventDefinition errorRef='e1'/></boundaryEvent><exclusiveGateway id='g' default='4'/>" TASK("c") TASK("d") END("e")
         F("1", "s", "a") F("2", "a", "e") F("3", "b", "g") F("4", "g", "d") FC("5", "g", "c", "why = \"short\"")),
     "start;raise a E1 {\"why\":\"short\"};!task a", "a;c;c"},
    {"an error of a task is caught outside of its sub-process, which ends",
     XML(START "<subProcess id='sub'><startEvent id='is'/>" TASK("ia") TASK("ib") F("i1", "is", "ia") F("i2", "is", "ib") "</subProcess><boundaryEvent id='b' attachedToRef='sub'>"
         "<errorEventDefinition/></boundaryEvent>" TASK("c") F("1", "s", "sub") F("2", "b", "c")),
     "start;raise ia E9", "sub ia ib;c"},
    {"an error of one instance ends the multi-instance activity by its boundary",
     XML(START "<userTask id='a'><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
         "<boundaryEvent id='b' attachedToRef='a'><errorEventDefinition errorRef='e1'/></boundaryEvent>" TASK("c") F("1", "s", "a") F("2", "b", "c")),
     "start;raise a E1 {\"n\":1}", "a a a a;c"},
    {"an error of a task that nobody catches ends the process with it",
     XML(START TASK("a") TASK("z") F("1", "s", "a") F("3", "s", "z")), "start;raise a E1", "a z;.E1"},
    {"an escalation of a task goes to a boundary that does not interrupt, and the task stays",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a' cancelActivity='false'><escalationEventDefinition escalationRef='x1'/></boundaryEvent>" TASK("c")
         F("1", "s", "a") F("2", "b", "c")),
     "start;report a X1;report a X2;task a", "a;a c;a c;c"},
    {"an escalation of a task is caught by an event sub-process",
     XML(START TASK("a") F("1", "s", "a") "<subProcess id='w' triggeredByEvent='true'><startEvent id='ws'><escalationEventDefinition escalationRef='x1'/></startEvent>" TASK("wa")
         F("w1", "ws", "wa") "</subProcess>"),
     "start;report a X1;!task a", "a;w wa;w wa"},
    {"only a task that waits can throw",
     XML(START TASK("a") "<serviceTask id='j' gx:skill='x'/>" F("1", "s", "a") F("2", "a", "j")), "start;task a;!raise j E1;!report j X1", "a;j;j;j"},
    {"a multi-instance activity throws its event at the first, or at each, completion",
     "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><signal id='s1' name='sig'/><signalEventDefinition id='d1' signalRef='s1'/><process id='p' isExecutable='true'>"
     START "<userTask id='a'><multiInstanceLoopCharacteristics behavior='One' oneBehaviorEventRef='d1'><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
     "<boundaryEvent id='b' attachedToRef='a' cancelActivity='false'><signalEventDefinition signalRef='s1'/></boundaryEvent>" TASK("c") TASK("d") F("1", "s", "a") F("2", "b", "c") F("3", "a", "d")
     "</process></definitions>",
     "start;task a;task a;task a", "a a a a;a a a c;a a c;c d"},
};

static gx_arena arena;


/* Elements by token key; an incident has a '!'. With many tokens only '?'. */
static gx_text describe(const gx_bpmn_process *process, const gx_state *state, const gx_effects *effects)
{
    gx_buffer buffer = gx_buffer_in(&arena);
    if (state->has_ended) {
        gx_buffer_byte(&buffer, '.');
        for (size_t i = 0; i < effects->count; i++)
            if (effects->items[i].kind == GX_EFFECT_ENDED)
                gx_buffer_text(&buffer, effects->items[i].text1);
        return gx_buffer_as_text(&buffer);
    }
    bool has_incident = false;
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        bool is_incident = token->phase == GX_TOKEN_INCIDENT;
        has_incident |= is_incident;
        gx_buffer_format(&buffer, "%s%.*s%s", i ? " " : "", GX_PRINT(process->nodes[token->node].id), is_incident ? "!" : "");
    }
    if (has_incident && (state->token_count > 100 || effects->count > 1000))
        return GX_TEXT("?!");
    return gx_buffer_as_text(&buffer);
}

static uint32_t key_of_token(const gx_bpmn_process *process, const gx_state *state, gx_text name)
{
    gx_text nth_text, id = gx_text_cut(name, '#', &nth_text);
    int64_t nth = 1;
    if (nth_text.bytes)
        gx_text_to_int(nth_text, &nth);
    for (uint32_t i = 0; i < state->token_count; i++) {
        const gx_token *token = &state->tokens[i];
        bool is_meant = gx_text_equal(process->nodes[token->node].id, id) && (token->phase != GX_TOKEN_SCOPE || process->nodes[token->node].is_ad_hoc);
        if (is_meant && --nth == 0)
            return token->key;
    }
    return 0;
}

static uint32_t key_of_wait(const gx_bpmn_process *process, const gx_state *state, gx_text name, bool is_message)
{
    for (uint32_t i = 0; i < state->wait_count; i++) {
        const gx_bpmn_node *node = &process->nodes[state->waits[i].node];
        if (gx_text_equal(is_message ? node->events[state->waits[i].event].name : node->id, name))
            return state->waits[i].key;
    }
    return 0;
}

static bool make_command(const gx_bpmn_process *process, const gx_state *state, gx_text text, gx_command *command)
{
    gx_text rest, arguments, word = gx_text_cut(text, ' ', &rest);
    gx_text name = gx_text_cut(rest, ' ', &arguments);
    static const struct {
        const char *word;
        gx_command_kind kind;
    } words[] = {{"start", GX_COMMAND_START}, {"set", GX_COMMAND_SET_VARIABLES}, {"task", GX_COMMAND_COMPLETE_TASK}, {"job", GX_COMMAND_JOB_DONE},
                 {"fail", GX_COMMAND_JOB_FAILED}, {"retry", GX_COMMAND_RETRY}, {"call", GX_COMMAND_CALL_DONE}, {"decide", GX_COMMAND_DECISION_DONE},
                 {"timer", GX_COMMAND_TIMER}, {"message", GX_COMMAND_MESSAGE}, {"signal", GX_COMMAND_SIGNAL},
                 {"begin", GX_COMMAND_START}, {"back", GX_COMMAND_SEND_BACK}, {"activate", GX_COMMAND_ACTIVATE}, {"escalate", GX_COMMAND_CALL_ESCALATED},
                 {"raise", GX_COMMAND_RAISE_ERROR}, {"report", GX_COMMAND_RAISE_ESCALATION}};
    for (size_t i = 0; i < GX_COUNT_OF(words); i++)
        if (gx_text_equal(word, gx_text_of(words[i].word)))
            command->kind = words[i].kind;
    if (gx_text_equal(word, GX_TEXT("begin")) || command->kind == GX_COMMAND_SIGNAL || command->kind == GX_COMMAND_SEND_BACK) {
        command->name = rest;
        return true;
    }
    if (command->kind == GX_COMMAND_START || command->kind == GX_COMMAND_SET_VARIABLES)
        arguments = rest;
    else if (command->kind == GX_COMMAND_TIMER || command->kind == GX_COMMAND_MESSAGE)
        command->key = key_of_wait(process, state, name, command->kind == GX_COMMAND_MESSAGE);
    else
        command->key = key_of_token(process, state, name);
    if (command->kind == GX_COMMAND_JOB_FAILED || command->kind == GX_COMMAND_ACTIVATE || command->kind == GX_COMMAND_CALL_ESCALATED) {
        command->name = arguments.bytes ? arguments : (gx_text){"", 0};
        return true;
    }
    if (command->kind == GX_COMMAND_RAISE_ERROR || command->kind == GX_COMMAND_RAISE_ESCALATION)
        command->name = gx_text_cut(arguments, ' ', &arguments);
    if (arguments.size) {
        gx_error error = {0};
        gx_json *json = gx_json_parse(&arena, arguments, GX_TEXT("script"), &error);
        assert_non_null(json);
        command->variables = command->value = gx_value_from_json(&arena, json);
    }
    return true;
}

static void check_record(const process_case *c, const gx_bpmn_process *process, const gx_state *state)
{
    gx_error error = {0};
    gx_text record = gx_state_encode(&arena, state);
    const gx_state *again = gx_state_decode(&arena, process, record, NULL, &error);
    if (!gx_state_is_sound(process, state))
        fail_msg("%s: the state is not sound", c->name);
    if (!again || !gx_text_equal(record, gx_state_encode(&arena, again)))
        fail_msg("%s: the record changes by reading", c->name);
}

static void run_case(const process_case *c)
{
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read(&arena, gx_text_of(c->xml), gx_text_of(c->name), &findings);
    if (!bpmn) {
        char sentence[400];
        fail_msg("%s", gx_error_write(&findings.items[0].error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    }
    gx_findings_release(&findings);
    const gx_bpmn_process *process = gx_bpmn_find(bpmn, GX_TEXT("p"));
    const gx_state *state = NULL;
    gx_text script = gx_text_of(c->script), expected = gx_text_of(c->expected);
    while (script.bytes) {
        gx_text line = gx_text_cut(script, ';', &script), wanted = gx_text_cut(expected, ';', &expected);
        bool is_refused = gx_text_starts_with(line, GX_TEXT("!"));
        gx_command command = {.variables = gx_value_null()};
        make_command(process, state, gx_text_slice(line, is_refused, line.size), &command);
        gx_bpmn_world world = {.now = 1795400000000};
        gx_effects effects = {0};
        const gx_state *next = state;
        gx_error error = {0};
        bool is_done = gx_bpmn_step(&arena, process, state, &command, &world, &next, &effects, &error);
        if (is_done == is_refused)
            fail_msg("%s: %.*s: %s", c->name, GX_PRINT(line), is_done ? "done" : error.code);
        state = next;
        gx_text is = describe(process, state, &effects);
        if (!gx_text_equal(is, wanted))
            fail_msg("%s: after %.*s: %.*s, not %.*s", c->name, GX_PRINT(line), GX_PRINT(is), GX_PRINT(wanted));
        check_record(c, process, state);
    }
}

static void processes_run_as_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(cases); i++) {
        arena = gx_arena_of(512 * GX_MIB);
        run_case(&cases[i]);
        gx_arena_release(&arena);
    }
}

typedef struct refused_case {
    const char *xml, *code;
} refused_case;

static const refused_case refused[] = {
    {XML(START F("1", "s", "nowhere")), "bpmn.flow.dangling"},
    {XML(START "<callChoreography id='g'/>" F("1", "s", "g")), "bpmn.unsupported"},
    {XML(START "<userTask id='a' startQuantity='0'/>" F("1", "s", "a")), "bpmn.quantity"},
    {XML(START "<userTask id='a'><standardLoopCharacteristics/></userTask>" F("1", "s", "a")), "bpmn.loop.endless"},
    {XML(START "<userTask id='a'><standardLoopCharacteristics loopMaximum='-1'/></userTask>" F("1", "s", "a")), "bpmn.loop.maximum"},
    {XML(START "<endEvent id='e'><cancelEventDefinition/></endEvent>" F("1", "s", "e")), "bpmn.cancel.end"},
    {XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a'><cancelEventDefinition/></boundaryEvent>" F("1", "s", "a")), "bpmn.cancel.place"},
    {XML(START TASK("a") TASK("u") "<boundaryEvent id='b' attachedToRef='a'><compensateEventDefinition/></boundaryEvent><association id='x' sourceRef='b' targetRef='u'/>" F("1", "s", "a")),
     "bpmn.compensation.handler"},
    {XML(START "<serviceTask id='g'/>" F("1", "s", "g")), "bpmn.skill.missing"},
    {XML(START "<scriptTask id='g' scriptFormat='javascript'><script>1</script></scriptTask>" F("1", "s", "g")), "bpmn.script"},
    {XML(START TASK("s") F("1", "s", "s")), "bpmn.id.twice"},
    {XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='s'><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>" F("1", "s", "a")),
     "bpmn.boundary.attached"},
    {XML(START "<intermediateCatchEvent id='c'><timerEventDefinition><timeDuration>tomorrow</timeDuration></timerEventDefinition></intermediateCatchEvent>" F("1", "s", "c")),
     "bpmn.timer"},
    {XML(START "<intermediateCatchEvent id='c'><messageEventDefinition messageRef='m9'/></intermediateCatchEvent>" F("1", "s", "c")), "bpmn.reference"},
    {XML(START TASK("a") FC("1", "s", "a", "x &gt;")), "feel."},
    {"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'/>", "xml.syntax"},
    {"<other/>", "bpmn.root"},
};

static void what_cannot_run_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(refused); i++) {
        arena = gx_arena_of(64 * GX_MIB);
        gx_findings findings = {0};
        assert_null(gx_bpmn_read(&arena, gx_text_of(refused[i].xml), GX_TEXT("p.bpmn"), &findings));
        if (findings.count == 0 || strncmp(findings.items[0].error.code, refused[i].code, strlen(refused[i].code)) != 0)
            fail_msg("%zu: %s instead of %s", i, findings.count ? findings.items[0].error.code : "nothing", refused[i].code);
        assert_true(findings.items[0].error.line >= 1);
        gx_findings_release(&findings);
        gx_arena_release(&arena);
    }
}

static void a_damaged_record_is_an_error_and_never_more(void **state)
{
    (void)state;
    arena = gx_arena_of(512 * GX_MIB);
    gx_findings findings = {0};
    const gx_bpmn *bpmn = gx_bpmn_read(&arena, gx_text_of(cases[11].xml), GX_TEXT("p"), &findings);
    const gx_bpmn_process *process = gx_bpmn_find(bpmn, (gx_text){"p", 1});
    gx_json *json = gx_json_parse(&arena, GX_TEXT("{\"a\":[1,2.5,\"x\",null,true,{\"b\":1}],\"n\":12345678901234567890123456789}"), GX_TEXT(""), NULL);
    gx_command command = {.kind = GX_COMMAND_START, .variables = gx_value_from_json(&arena, json)};
    gx_bpmn_world world = {.now = 0};
    gx_effects effects;
    const gx_state *started;
    assert_true(gx_bpmn_step(&arena, process, NULL, &command, &world, &started, &effects, NULL));
    gx_text record = gx_state_encode(&arena, started);
    char *copy = gx_copy_string(&arena, record);
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = (size_t)(seed >> 33) % record.size;
        char before = copy[at];
        copy[at] = (char)(seed >> 20);
        size_t size = round % 7 == 0 ? at : record.size;
        if (size >= 5) { /* with a right checksum, so that the content is looked at */
            uint32_t checksum = gx_state_checksum((gx_text){copy, size - 4});
            for (int i = 0; i < 4; i++)
                copy[size - 4 + (size_t)i] = (char)(checksum >> 8 * i);
        }
        gx_arena inner = gx_arena_of(64 * GX_MIB);
        gx_state_decode(&inner, process, (gx_text){copy, size}, NULL, NULL);
        gx_arena_release(&inner);
        copy[at] = before;
        if (size >= 5)
            memcpy(copy + size - 4, record.bytes + size - 4, 4);
    }
    gx_findings_release(&findings);
    gx_arena_release(&arena);
}

static void timers_are_durations_instants_cycles_and_working_days(void **state)
{
    (void)state;
    gx_instant now, due;
    int64_t repeats;
    char text[GX_INSTANT_SIZE];
    assert_true(gx_instant_parse(GX_TEXT("2026-01-31T10:00:00+08:00"), &now));
    static const struct {
        const char *definition;
        gx_timer_kind kind;
        const char *due;
        int64_t repeats;
    } timers[] = {
        {"PT1H30M", GX_TIMER_DURATION, "2026-01-31T11:30:00.000+08:00", 0},
        {"P1M", GX_TIMER_DURATION, "2026-02-28T10:00:00.000+08:00", 0},
        {"2026-05-01", GX_TIMER_DATE, "2026-05-01T00:00:00.000+08:00", 0},
        {"R3/PT10M", GX_TIMER_CYCLE, "2026-01-31T10:10:00.000+08:00", 2},
        {"R/P1D", GX_TIMER_CYCLE, "2026-02-01T10:00:00.000+08:00", -1},
        {"R2/2026-02-02T09:00:00+08:00/P1D", GX_TIMER_CYCLE, "2026-02-02T09:00:00.000+08:00", 1},
    };
    for (size_t i = 0; i < GX_COUNT_OF(timers); i++) {
        assert_true(gx_bpmn_timer_due(gx_text_of(timers[i].definition), timers[i].kind, now, NULL, &due, &repeats));
        assert_string_equal(gx_instant_write(due, text).bytes, timers[i].due);
        assert_int_equal(repeats, timers[i].repeats);
    }
    static const char *const bad[] = {"", "5", "R0/PT1M", "R3", "PT", "5wd", "P9999999999Y"};
    for (size_t i = 0; i < GX_COUNT_OF(bad); i++)
        assert_false(gx_bpmn_timer_due(gx_text_of(bad[i]), GX_TIMER_DURATION, now, NULL, &due, &repeats));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_run_as_the_standard_says),
        cmocka_unit_test(what_cannot_run_is_refused_with_its_line),
        cmocka_unit_test(a_damaged_record_is_an_error_and_never_more),
        cmocka_unit_test(timers_are_durations_instants_cycles_and_working_days),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
