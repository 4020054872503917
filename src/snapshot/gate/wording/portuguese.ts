import type { Wording } from './wording.ts';

/** The same in Portuguese, of both shores. */
export const portuguese: Wording = {
  database: `
    Erro ao estabelecer uma conexão com o banco de dados
    Erro ao estabelecer uma ligação à base de dados
    erro de conexão com o banco de dados
    não foi possível conectar ao banco de dados
    não foi possível ligar à base de dados
    erro no banco de dados
    erro de base de dados`,
  program: `
    ocorreu um erro crítico neste site
    houve um erro crítico neste site
    ocorreu um erro crítico no seu site
    erro interno do servidor`,
  maintenance: `
    brevemente indisponível para manutenção
    indisponível para manutenção
    indisponível devido a manutenção
    site em manutenção
    site está em manutenção
    sítio está em manutenção
    estamos em manutenção
    estamos realizando uma manutenção
    site está temporariamente indisponível
    site temporariamente indisponível
    = voltaremos em breve
    = voltamos em breve
    = voltamos já
    site em construção
    = em manutenção
    = modo de manutenção`,
  gateway: `
    serviço indisponível
    serviço temporariamente indisponível`,
  denied: `
    = acesso negado`,
  login: `
    você precisa estar logado para
    você deve estar logado para ver
    faça login para continuar
    este conteúdo está protegido por senha
    este conteúdo é protegido por senha`,
};
