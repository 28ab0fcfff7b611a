//! What may stand where in BPMN 2.0 XML, as a table: the standard's types with their attributes and children, in order.
//!
//! One type a line, `type < base | attributes | children`. An attribute is `name:type`, with `!` when required. A child is
//! `name`, or `name=type` where it stands nowhere else, followed by how often: once, `?`, `*`, `+`, `{least,most}`. The
//! name of a group stands for each of its members. `>` is a reference: to a type or one of several, to `element` (checked
//! by the rules that hold for every spelling), to `any` id of the file, to an `item` of data, to something `called`, or to
//! something `foreign` that no file has to hold.

pub(super) const TYPES: &str = "
# Foundation (8.2, 8.3): the document, and what everything is
tDefinitions < | id:id name:text targetNamespace!:uri expressionLanguage:uri typeLanguage:uri exporter:text exporterVersion:text | import* extension* rootElement* BPMNDiagram* relationship*
tImport < | namespace!:uri location!:text importType!:uri |
tExtension < | definition:>foreign mustUnderstand:boolean | documentation*
tExtensionElements < | | #any
tRelationship < tBaseElement | type!:text direction:(None|Forward|Backward|Both) | source=>foreign+ target=>foreign+
tBaseElement < | id:id | documentation* extensionElements?
tBaseElementWithMixedContent < | id:id | documentation* extensionElements?
tRootElement < tBaseElement | |
tDocumentation < | id:id textFormat:text | #any
# Common elements (8.4)
tArtifact < tBaseElement | |
tAssociation < tArtifact | sourceRef!:>any targetRef!:>any associationDirection:(None|One|Both) |
tGroup < tArtifact | categoryValueRef:>tCategoryValue |
tTextAnnotation < tArtifact | textFormat:text | text?
tText < | | #any
tCategory < tRootElement | name:text | categoryValue*
tCategoryValue < tBaseElement | value:text |
tCorrelationKey < tBaseElement | name:text | correlationPropertyRef=>tCorrelationProperty*
tCorrelationProperty < tRootElement | name:text type:>foreign | correlationPropertyRetrievalExpression+
tCorrelationPropertyRetrievalExpression < tBaseElement | messageRef!:>tMessage | messagePath=tFormalExpression
tCorrelationPropertyBinding < tBaseElement | correlationPropertyRef!:>tCorrelationProperty | dataPath=tFormalExpression
tCorrelationSubscription < tBaseElement | correlationKeyRef!:>tCorrelationKey | correlationPropertyBinding*
tError < tRootElement | name:text errorCode:text structureRef:>tItemDefinition |
tEscalation < tRootElement | name:text escalationCode:text structureRef:>tItemDefinition |
tExpression < tBaseElementWithMixedContent | |
tFormalExpression < tExpression | language:uri evaluatesToTypeRef:>foreign |
tFlowElement < tBaseElement | name:text | auditing? monitoring? categoryValueRef=>tCategoryValue*
tFlowNode < tFlowElement | | incoming=>tSequenceFlow* outgoing=>tSequenceFlow*
tSequenceFlow < tFlowElement | sourceRef!:>element targetRef!:>element isImmediate:boolean | conditionExpression=tExpression?
tItemDefinition < tRootElement | structureRef:>foreign isCollection:boolean itemKind:(Information|Physical) |
tMessage < tRootElement | name:text itemRef:>tItemDefinition |
tResource < tRootElement | name!:text | resourceParameter*
tResourceParameter < tBaseElement | name:text type:>foreign isRequired:boolean |
tSignal < tRootElement | name:text structureRef:>tItemDefinition |
tInterface < tRootElement | name!:text implementationRef:>foreign | operation+
tOperation < tBaseElement | name!:text implementationRef:>foreign | inMessageRef=>tMessage outMessageRef=>tMessage? errorRef=>tError*
tEndPoint < tRootElement | |
tAuditing < tBaseElement | |
tMonitoring < tBaseElement | |
# Collaboration (9)
tCollaboration < tRootElement | name:text isClosed:boolean | participant* messageFlow* artifact* conversationNode* conversationAssociation* participantAssociation* messageFlowAssociation* correlationKey* choreographyRef=>tChoreography* conversationLink*
tParticipant < tBaseElement | name:text processRef:>tProcess | interfaceRef=>tInterface* endPointRef=>tEndPoint* participantMultiplicity?
tParticipantMultiplicity < tBaseElement | minimum:integer maximum:integer |
tParticipantAssociation < tBaseElement | | innerParticipantRef=>tParticipant outerParticipantRef=>tParticipant
tPartnerEntity < tRootElement | name:text | participantRef=>tParticipant*
tPartnerRole < tRootElement | name:text | participantRef=>tParticipant*
tMessageFlow < tBaseElement | name:text sourceRef!:>any targetRef!:>any messageRef:>tMessage |
tMessageFlowAssociation < tBaseElement | innerMessageFlowRef!:>tMessageFlow outerMessageFlowRef!:>tMessageFlow |
tConversationNode < tBaseElement | name:text | participantRef=>tParticipant* messageFlowRef=>tMessageFlow* correlationKey*
tConversation < tConversationNode | |
tSubConversation < tConversationNode | | conversationNode*
tCallConversation < tConversationNode | calledCollaborationRef:>tCollaboration | participantAssociation*
tGlobalConversation < tCollaboration | |
tConversationLink < tBaseElement | name:text sourceRef!:>tConversationNode|tParticipant|tFlowNode targetRef!:>tConversationNode|tParticipant|tFlowNode |
tConversationAssociation < tBaseElement | innerConversationNodeRef!:>tConversationNode outerConversationNodeRef!:>tConversationNode |
# Process (10.1) and activities (10.2, 10.3)
tCallableElement < tRootElement | name:text | supportedInterfaceRef=>tInterface* ioSpecification? ioBinding*
tProcess < tCallableElement | processType:(None|Public|Private) isClosed:boolean isExecutable:boolean definitionalCollaborationRef:>tCollaboration | auditing? monitoring? property* laneSet* flowElement* artifact* resourceRole* correlationSubscription* supports=>tProcess*
tLaneSet < tBaseElement | name:text | lane*
tLane < tBaseElement | name:text partitionElementRef:>any | partitionElement=tBaseElement? flowNodeRef=>tFlowElement* childLaneSet=tLaneSet?
tActivity < tFlowNode | isForCompensation:boolean startQuantity:integer completionQuantity:integer default:>tSequenceFlow | ioSpecification? property* dataInputAssociation* dataOutputAssociation* resourceRole* loopCharacteristics?
tTask < tActivity | |
tServiceTask < tTask | implementation:implementation operationRef:>tOperation |
tSendTask < tTask | implementation:implementation messageRef:>tMessage operationRef:>tOperation |
tReceiveTask < tTask | implementation:implementation instantiate:boolean messageRef:>tMessage operationRef:>tOperation |
tUserTask < tTask | implementation:implementation | rendering*
tRendering < tBaseElement | |
tManualTask < tTask | |
tBusinessRuleTask < tTask | implementation:implementation |
tScriptTask < tTask | scriptFormat:text | script?
tScript < | | #any
tCallActivity < tActivity | calledElement:>called |
tSubProcess < tActivity | triggeredByEvent:boolean | laneSet* flowElement* artifact*
tTransaction < tSubProcess | method:method |
tAdHocSubProcess < tSubProcess | cancelRemainingInstances:boolean ordering:(Parallel|Sequential) | completionCondition=tExpression?
tGlobalTask < tCallableElement | | resourceRole*
tGlobalBusinessRuleTask < tGlobalTask | implementation:implementation |
tGlobalManualTask < tGlobalTask | |
tGlobalScriptTask < tGlobalTask | scriptLanguage:uri | script?
tGlobalUserTask < tGlobalTask | implementation:implementation | rendering*
tLoopCharacteristics < tBaseElement | |
tStandardLoopCharacteristics < tLoopCharacteristics | testBefore:boolean loopMaximum:integer | loopCondition=tExpression?
tMultiInstanceLoopCharacteristics < tLoopCharacteristics | isSequential:boolean behavior:(None|One|All|Complex) oneBehaviorEventRef:>tEventDefinition noneBehaviorEventRef:>tEventDefinition | loopCardinality=tExpression? loopDataInputRef=>item? loopDataOutputRef=>item? inputDataItem=tDataInput? outputDataItem=tDataOutput? complexBehaviorDefinition* completionCondition=tExpression?
tComplexBehaviorDefinition < tBaseElement | | condition=tFormalExpression event=tImplicitThrowEvent?
tResourceRole < tBaseElement | name:text | resourceRef=>tResource resourceParameterBinding* resourceAssignmentExpression?
tPerformer < tResourceRole | |
tHumanPerformer < tPerformer | |
tPotentialOwner < tHumanPerformer | |
tResourceAssignmentExpression < tBaseElement | | expression
tResourceParameterBinding < tBaseElement | parameterRef!:>tResourceParameter | expression
# Data (10.4)
tInputOutputSpecification < tBaseElement | | dataInput* dataOutput* inputSet+ outputSet+
tInputOutputBinding < tBaseElement | operationRef!:>tOperation inputDataRef!:>tInputSet outputDataRef!:>tOutputSet |
tInputSet < tBaseElement | name:text | dataInputRefs=>tDataInput* optionalInputRefs=>tDataInput* whileExecutingInputRefs=>tDataInput* outputSetRefs=>tOutputSet*
tOutputSet < tBaseElement | name:text | dataOutputRefs=>tDataOutput* optionalOutputRefs=>tDataOutput* whileExecutingOutputRefs=>tDataOutput* inputSetRefs=>tInputSet*
tDataInput < tBaseElement | name:text itemSubjectRef:>tItemDefinition isCollection:boolean | dataState?
tDataOutput < tBaseElement | name:text itemSubjectRef:>tItemDefinition isCollection:boolean | dataState?
tDataObject < tFlowElement | itemSubjectRef:>tItemDefinition isCollection:boolean | dataState?
tDataObjectReference < tFlowElement | itemSubjectRef:>tItemDefinition dataObjectRef:>tDataObject | dataState?
tDataStore < tRootElement | name:text capacity:integer isUnlimited:boolean itemSubjectRef:>tItemDefinition | dataState?
tDataStoreReference < tFlowElement | itemSubjectRef:>tItemDefinition dataStoreRef:>tDataStore | dataState?
tDataState < tBaseElement | name:text |
tProperty < tBaseElement | name:text itemSubjectRef:>tItemDefinition | dataState?
tDataAssociation < tBaseElement | | sourceRef=>item* targetRef=>item transformation=tFormalExpression? assignment*
tDataInputAssociation < tDataAssociation | |
tDataOutputAssociation < tDataAssociation | |
tAssignment < tBaseElement | | from=tExpression to=tExpression
# Events (10.5)
tEvent < tFlowNode | | property*
tCatchEvent < tEvent | parallelMultiple:boolean | dataOutput* dataOutputAssociation* outputSet? eventDefinition* eventDefinitionRef=>tEventDefinition*
tThrowEvent < tEvent | | dataInput* dataInputAssociation* inputSet? eventDefinition* eventDefinitionRef=>tEventDefinition*
tImplicitThrowEvent < tThrowEvent | |
tStartEvent < tCatchEvent | isInterrupting:boolean |
tEndEvent < tThrowEvent | |
tIntermediateCatchEvent < tCatchEvent | |
tIntermediateThrowEvent < tThrowEvent | |
tBoundaryEvent < tCatchEvent | cancelActivity:boolean attachedToRef!:>element |
tCancelEventDefinition < tEventDefinition | |
tCompensateEventDefinition < tEventDefinition | waitForCompletion:boolean activityRef:>element |
tConditionalEventDefinition < tEventDefinition | | condition=tExpression
tErrorEventDefinition < tEventDefinition | errorRef:>tError |
tEscalationEventDefinition < tEventDefinition | escalationRef:>tEscalation |
tEventDefinition < tRootElement | |
tLinkEventDefinition < tEventDefinition | name!:text | source=>tLinkEventDefinition* target=>tLinkEventDefinition?
tMessageEventDefinition < tEventDefinition | messageRef:>tMessage | operationRef=>tOperation?
tSignalEventDefinition < tEventDefinition | signalRef:>tSignal |
tTerminateEventDefinition < tEventDefinition | |
tTimerEventDefinition < tEventDefinition | | timeDate=tExpression? timeDuration=tExpression? timeCycle=tExpression?
# Gateways (10.6)
tGateway < tFlowNode | gatewayDirection:(Unspecified|Converging|Diverging|Mixed) |
tExclusiveGateway < tGateway | default:>tSequenceFlow |
tInclusiveGateway < tGateway | default:>tSequenceFlow |
tParallelGateway < tGateway | |
tEventBasedGateway < tGateway | instantiate:boolean eventGatewayType:(Exclusive|Parallel) |
tComplexGateway < tGateway | default:>tSequenceFlow | activationCondition=tExpression?
# Choreography (11)
tChoreography < tCollaboration | | flowElement*
tChoreographyActivity < tFlowNode | initiatingParticipantRef!:>tParticipant loopType:(None|Standard|MultiInstanceSequential|MultiInstanceParallel) | participantRef=>tParticipant{2,} correlationKey*
tChoreographyTask < tChoreographyActivity | | messageFlowRef=>tMessageFlow{1,2}
tCallChoreography < tChoreographyActivity | calledChoreographyRef:>tCollaboration | participantAssociation*
tSubChoreography < tChoreographyActivity | | flowElement* artifact*
tGlobalChoreographyTask < tChoreography | initiatingParticipantRef:>tParticipant |
";

/// The members of each group; an element that is in none stands for itself alone.
pub(super) const GROUPS: &str = "
flowElement: adHocSubProcess boundaryEvent businessRuleTask callActivity callChoreography choreographyTask complexGateway dataObject dataObjectReference dataStoreReference endEvent event eventBasedGateway exclusiveGateway implicitThrowEvent inclusiveGateway intermediateCatchEvent intermediateThrowEvent manualTask parallelGateway receiveTask scriptTask sendTask sequenceFlow serviceTask startEvent subChoreography subProcess task transaction userTask
artifact: association group textAnnotation
conversationNode: callConversation conversation subConversation
eventDefinition: cancelEventDefinition compensateEventDefinition conditionalEventDefinition errorEventDefinition escalationEventDefinition linkEventDefinition messageEventDefinition signalEventDefinition terminateEventDefinition timerEventDefinition
rootElement: category collaboration correlationProperty dataStore endPoint error escalation eventDefinition globalBusinessRuleTask globalManualTask globalScriptTask globalTask globalUserTask interface itemDefinition message partnerEntity partnerRole process resource signal
collaboration: choreography globalConversation
expression: formalExpression
choreography: globalChoreographyTask
performer: humanPerformer potentialOwner
loopCharacteristics: multiInstanceLoopCharacteristics standardLoopCharacteristics
resourceRole: performer
";
