import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.PartitionAssignorException;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/**
 * Runs Kafka's own assignors of the server over stories of groups, one a line of JSON (the form: assignor-story.ts). For each
 * step it tells the assignments that changed, as Kafka writes them into its record, and goes on with what Kafka reads from it.
 */
public class Assignors {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ArrayNode changes = JSON.createArrayNode();
            Map<String, Assignment> targets = new HashMap<>();
            for (JsonNode step : JSON.readTree(line).get("steps")) changes.add(run(step, targets));
            System.out.println(JSON.writeValueAsString(changes));
        }
    }

    private static JsonNode run(JsonNode step, Map<String, Assignment> targets) {
        Map<String, MemberSubscriptionAndAssignmentImpl> members = new HashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        for (JsonNode member : step.get("members")) {
            String id = member.get("id").asText();
            Assignment target = member.has("target")
                ? given(member.get("target"))
                : targets.getOrDefault(member.path("follows").asText(id), Assignment.EMPTY);
            target.partitions().forEach((topicId, partitions) -> partitions.forEach(partition ->
                owners.computeIfAbsent(topicId, key -> new HashMap<>()).put(partition, id)));
            Set<Uuid> topicIds = new LinkedHashSet<>();
            for (JsonNode topicId : member.get("topics")) topicIds.add(Uuid.fromString(topicId.asText()));
            members.put(id, new MemberSubscriptionAndAssignmentImpl(
                optional(member, "rack"), optional(member, "instance"), topicIds, target));
        }
        SubscriptionType type = step.get("isHomogeneous").asBoolean() ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        ConsumerGroupPartitionAssignor assignor =
            step.get("assignor").asText().equals("range") ? new RangeAssignor() : new UniformAssignor();
        GroupAssignment result;
        try {
            result = assignor.assign(new GroupSpecImpl(members, type, owners), new Topics(step.get("topics")));
        } catch (PartitionAssignorException error) {
            return JSON.getNodeFactory().textNode("error");
        }
        return changes(result, members, targets);
    }

    private static JsonNode changes(
        GroupAssignment result,
        Map<String, MemberSubscriptionAndAssignmentImpl> members,
        Map<String, Assignment> targets
    ) {
        ObjectNode changes = JSON.createObjectNode();
        Map<String, Assignment> next = new HashMap<>();
        for (String id : members.keySet()) {
            Assignment old = new Assignment(members.get(id).partitions());
            Assignment target = result.members().containsKey(id)
                ? new Assignment(result.members().get(id).partitions()) : Assignment.EMPTY;
            if (target.equals(old)) {
                next.put(id, old);
                continue;
            }
            ConsumerGroupTargetAssignmentMemberValue record = written(target);
            ArrayNode entries = changes.putArray(id);
            record.topicPartitions().forEach(topic -> {
                ArrayNode entry = entries.addArray().add(topic.topicId().toString());
                ArrayNode partitions = entry.addArray();
                topic.partitions().forEach(partitions::add);
            });
            next.put(id, Assignment.fromRecord(record));
        }
        targets.clear();
        targets.putAll(next);
        return changes;
    }

    private static ConsumerGroupTargetAssignmentMemberValue written(Assignment target) {
        return (ConsumerGroupTargetAssignmentMemberValue) GroupCoordinatorRecordHelpers
            .newConsumerGroupTargetAssignmentRecord("group", "member", target.partitions()).value().message();
    }

    private static Assignment given(JsonNode target) {
        ConsumerGroupTargetAssignmentMemberValue record = new ConsumerGroupTargetAssignmentMemberValue();
        for (JsonNode entry : target) {
            List<Integer> partitions = new ArrayList<>();
            entry.get(1).forEach(partition -> partitions.add(partition.asInt()));
            record.topicPartitions().add(new ConsumerGroupTargetAssignmentMemberValue.TopicPartition()
                .setTopicId(Uuid.fromString(entry.get(0).asText()))
                .setPartitions(partitions));
        }
        return Assignment.fromRecord(record);
    }

    private static Optional<String> optional(JsonNode node, String field) {
        return node.hasNonNull(field) ? Optional.of(node.get(field).asText()) : Optional.empty();
    }

    /** Partitions of a topic with racks are on two of three, in turns. */
    private record Topics(JsonNode counts) implements SubscribedTopicDescriber {
        @Override
        public int numPartitions(Uuid topicId) {
            return counts.path(topicId.toString()).asInt(-1);
        }

        @Override
        public Set<String> racksForPartition(Uuid topicId, int partition) {
            return Set.of("rack-" + partition % 3, "rack-" + (partition + 1) % 3);
        }
    }
}
