import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.operaton.bpm.engine.ProcessEngine;
import org.operaton.bpm.engine.delegate.DelegateExecution;
import org.operaton.bpm.engine.delegate.JavaDelegate;
import org.operaton.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.operaton.bpm.engine.impl.persistence.StrongUuidGenerator;

/**
 * Operaton in this process, called by its Java interface, and a Gaoxing server, called over HTTP, in turn: the same models, the same number of
 * clients, the same PostgreSQL server. One JSON line for each figure. Arguments: MODELS DATABASE OUR_DATABASE OUR_PORT COUNT ROUNDS THREADS,...
 * and the two sessions, of who starts and of who completes, each as COOKIE and TOKEN.
 */
public class Bench {
    /** What is measured: the work of both engines can be asked for by many threads. */
    interface Engine {
        Client client() throws Exception;

        /** The open tasks' ids: read from the store, outside of what is measured. */
        List<String> tasks() throws Exception;

        /** How many instances have ended, by what the store remembers of them. */
        long ended() throws Exception;
    }

    interface Client extends AutoCloseable {
        void start(String process) throws Exception;

        void complete(String task) throws Exception;
    }

    interface Act {
        void by(Client client, int number) throws Exception;
    }

    /** Operaton's service task: the engine's own way of calling code, which does nothing. */
    public static class Work implements JavaDelegate {
        @Override
        public void execute(DelegateExecution execution) {}
    }

    static List<String> column(String database, String statement) throws Exception {
        var found = new ArrayList<String>();
        try (Connection connection = DriverManager.getConnection(database); var rows = connection.createStatement().executeQuery(statement)) {
            while (rows.next()) found.add(rows.getString(1));
        }
        return found;
    }

    /** Clients share the engine, as threads of a Java program do; each has a database connection while it works. */
    static Engine operaton(String database, Path models, int clients) {
        var pool = new HikariConfig();
        pool.setJdbcUrl(database);
        pool.setMaximumPoolSize(clients + 4); /* the job executor's are the other four */
        pool.setAutoCommit(false);
        var settings = new StandaloneProcessEngineConfiguration();
        settings.setDataSource(new HikariDataSource(pool));
        settings.setDatabaseSchemaUpdate("true");
        settings.setHistory("full");
        settings.setJobExecutorActivate(true);
        settings.setIdGenerator(new StrongUuidGenerator());
        ProcessEngine engine = settings.buildProcessEngine();
        var deployment = engine.getRepositoryService().createDeployment();
        for (String name : List.of("service.bpmn", "user.bpmn")) {
            try (var file = java.nio.file.Files.newInputStream(models.resolve(name))) {
                deployment.addInputStream(name, file);
            } catch (java.io.IOException wrong) {
                throw new IllegalStateException(wrong);
            }
        }
        deployment.deploy();
        var client = new Client() {
            @Override
            public void start(String process) {
                engine.getRuntimeService().startProcessInstanceByKey("bench-" + process);
            }

            @Override
            public void complete(String task) {
                engine.getTaskService().complete(task);
            }

            @Override
            public void close() {}
        };
        return new Engine() {
            @Override
            public Client client() {
                return client;
            }

            @Override
            public List<String> tasks() throws Exception {
                return column(database, "SELECT id_ FROM act_ru_task");
            }

            @Override
            public long ended() throws Exception {
                return Long.parseLong(column(database, "SELECT count(*) FROM act_hi_procinst WHERE end_time_ IS NOT NULL").get(0));
            }
        };
    }

    static Engine gaoxing(String database, int port, String[] starts, String[] completes) {
        return new Engine() {
            @Override
            public Client client() throws Exception {
                var http = new Http(port);
                return new Client() {
                    @Override
                    public void start(String process) throws Exception {
                        http.post("/api/v1/cases", starts, "{\"matter\":\"" + process.toUpperCase(Locale.ROOT) + "\",\"data\":{}}");
                    }

                    @Override
                    public void complete(String task) throws Exception {
                        http.post("/api/v1/tasks/" + task + "/complete", completes, "{\"outcome\":\"done\",\"data\":{}}");
                    }

                    @Override
                    public void close() throws Exception {
                        http.close();
                    }
                };
            }

            @Override
            public List<String> tasks() throws Exception {
                return column(database, "SELECT id FROM task WHERE done_at IS NULL");
            }

            @Override
            public long ended() throws Exception {
                return Long.parseLong(column(database, "SELECT count(*) FROM instance WHERE has_ended = 1").get(0));
            }
        };
    }

    /** Seconds that so many threads take for `count` acts; they connect before the clock runs. */
    static double run(Engine engine, int threads, int count, Act act) throws Exception {
        var next = new AtomicInteger();
        var wrong = new ArrayList<Exception>();
        var clients = new ArrayList<Client>();
        for (int i = 0; i < threads; i++) clients.add(engine.client());
        var workers = clients.stream().map(client -> new Thread(() -> {
            try {
                for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) act.by(client, number);
            } catch (Exception e) {
                synchronized (wrong) {
                    wrong.add(e);
                }
            }
        })).toList();
        long begun = System.nanoTime();
        for (Thread worker : workers) worker.start();
        for (Thread worker : workers) worker.join();
        double seconds = (System.nanoTime() - begun) / 1e9;
        for (Client client : clients) client.close();
        if (!wrong.isEmpty()) throw wrong.get(0);
        return seconds;
    }

    static double service(Engine engine, int threads, int count) throws Exception {
        return run(engine, threads, count, (client, number) -> client.start("service"));
    }

    /** Started, and when all wait, completed. */
    static double user(Engine engine, int threads, int count) throws Exception {
        double started = run(engine, threads, count, (client, number) -> client.start("user"));
        List<String> tasks = engine.tasks();
        if (tasks.size() != count) throw new IllegalStateException(tasks.size() + " tasks are open, not " + count);
        double completed = run(engine, threads, count, (client, number) -> client.complete(tasks.get(number)));
        return started + completed;
    }

    /** Cases a second; all of them have ended, or it is no figure. */
    static double rate(Engine engine, Row row, int threads, int count) throws Exception {
        long before = engine.ended();
        double seconds = row.seconds(engine, threads, count);
        long ended = engine.ended() - before;
        if (ended != count) throw new IllegalStateException(ended + " have ended, not " + count);
        return count / seconds;
    }

    interface Row {
        double seconds(Engine engine, int threads, int count) throws Exception;
    }

    public static void main(String[] args) {
        int status = 0;
        try {
            measure(args);
        } catch (Exception wrong) {
            wrong.printStackTrace();
            status = 1;
        }
        System.exit(status); /* the job executor's threads would go on */
    }

    static void measure(String[] args) throws Exception {
        int count = Integer.parseInt(args[4]), rounds = Integer.parseInt(args[5]);
        int[] threads = Arrays.stream(args[6].split(",")).mapToInt(Integer::parseInt).toArray();
        var engines = new Engine[] {
            operaton(args[1], Path.of(args[0]), IntStream.of(threads).max().orElse(1)),
            gaoxing(args[2], Integer.parseInt(args[3]), Arrays.copyOfRange(args, 7, 9), Arrays.copyOfRange(args, 9, 11))};
        String[] names = {"Operaton", "gaoxing"}, titles = {"service", "user"};
        Row[] rows = {Bench::service, Bench::user};
        for (Engine engine : engines)
            for (Row row : rows) rate(engine, row, 8, 4 * count); /* warm: the JVM has compiled what it will */
        for (int clients : threads)
            for (int row = 0; row < rows.length; row++)
                for (int round = 0; round < rounds; round++)
                    for (int e = 0; e < engines.length; e++)
                        System.out.printf(Locale.ROOT, "{\"engine\": \"%s\", \"row\": \"%s\", \"clients\": %d, \"rate\": %.1f}%n", names[e], titles[row],
                                clients, rate(engines[e], rows[row], clients, count));
    }
}
